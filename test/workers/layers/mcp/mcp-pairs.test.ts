/**
 * MCP requests find their responses by side, type and id, in a table that forgets its oldest at the bound.
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { McpPairs, McpSessions } from '../../../../src/workers/layers/mcp/mcp-pairs.ts'

const request = (side: 0 | 1, id: string | number, method = 'm') => ({ side, id, method, name: '', askedAt: 0 })

t.test('ids are told apart by side and type', async (t) => {
  const pairs = new McpPairs()
  pairs.ask(request(CLIENT, 1, 'a'))
  pairs.ask(request(CLIENT, '1', 'b'))
  pairs.ask(request(ORIGIN, 1, 'c'))
  t.equal(pairs.settle(CLIENT, '1')?.method, 'b')
  t.equal(pairs.settle(ORIGIN, 1)?.method, 'c')
  t.equal(pairs.settle(CLIENT, 1)?.method, 'a')
  t.equal(pairs.settle(CLIENT, 1), undefined)
})

t.test('bounded: the oldest is forgotten', async (t) => {
  const pairs = new McpPairs()
  for (let id = 0; id < 2_000; id++) pairs.ask(request(CLIENT, id))
  t.equal(pairs.waiting, 1_024)
  t.equal(pairs.forgotten, 976)
  t.equal(pairs.settle(CLIENT, 975), undefined)
  t.equal(pairs.settle(CLIENT, 976)?.id, 976)
  const sessions = new McpSessions()
  for (let i = 0; i < 5_000; i++) sessions.keep(`s${i}`, pairs)
  t.equal(sessions.find('s903'), undefined)
  t.equal(sessions.find('s904'), pairs)
})
