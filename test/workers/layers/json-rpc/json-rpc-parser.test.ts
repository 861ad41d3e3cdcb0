/**
 * JSON-RPC messages of every kind, batches among them, are told apart whatever the splits, on any octets.
 */

import fc from 'fast-check'
import t from 'tap'
import type { JsonRpcMessage } from '../../../../src/workers/layers/json-rpc/json-rpc-message.ts'
import { JsonRpcParser } from '../../../../src/workers/layers/json-rpc/json-rpc-parser.ts'
import { chunkings } from '../../../support/chunkings.ts'

function parse(chunks: Iterable<Uint8Array>) {
  const messages: JsonRpcMessage[] = []
  const parser = new JsonRpcParser({ onJsonRpcMessage: (message) => messages.push(message) })
  for (const chunk of chunks) {
    parser.execute(chunk)
    chunk.fill(0)
  }
  return { messages, complete: parser.finish(), batch: parser.batch, recognized: parser.recognized }
}

t.test('messages of every kind, whatever the splits', async (t) => {
  const cases: [object, object][] = [
    [
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: { name: 'other', method: 'x' } } },
      { kind: 'request', id: 1, method: 'tools/call', name: 'echo' },
    ],
    [
      { method: 'resources/read', params: { uri: 'file:///x' }, id: 'a"b', jsonrpc: '2.0' },
      { kind: 'request', id: 'a"b', name: 'file:///x' },
    ],
    [
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } },
      { kind: 'notification', id: undefined, requestId: 7 },
    ],
    [
      { jsonrpc: '2.0', id: 1, result: { protocolVersion: '2025-06-18', serverInfo: { name: 's' } } },
      { kind: 'response', protocolVersion: '2025-06-18', peerName: 's' },
    ],
    [
      { jsonrpc: '2.0', id: 1, result: { isError: true, content: [] } },
      { kind: 'response', toolError: true },
    ],
    [{ jsonrpc: '2.0', id: 1, result: null }, { kind: 'response' }],
    [
      { jsonrpc: '2.0', id: null, error: { code: -32_700, message: 'Parse error' } },
      { kind: 'error', id: null, errorCode: -32_700, errorMessage: 'Parse error' },
    ],
    [
      {
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'c' } },
      },
      { kind: 'request', initializes: true, peerName: 'c' },
    ],
    [
      { jsonrpc: '2.0', id: 1, method: 'initialize', params: { processId: 1, capabilities: {} } },
      { kind: 'request', initializes: false },
    ],
    [
      { jsonrpc: '2.0', id: 2, method: 'ping', params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } } },
      { protocolVersion: '2026-07-28' },
    ],
    [{ jsonrpc: '1.0', id: 1, method: 'x' }, { kind: 'invalid' }],
    [{ jsonrpc: '2.0', id: 1 }, { kind: 'invalid' }],
    [{ jsonrpc: '2.0', result: 1 }, { kind: 'invalid' }],
    [{ jsonrpc: '2.0', method: 7, id: 1 }, { kind: 'invalid' }],
    [{}, { kind: 'invalid' }],
  ]
  for (const [input, expected] of cases) {
    const whole = parse([Buffer.from(JSON.stringify(input))])
    t.match(whole, { messages: [expected], complete: true, batch: false })
    for (const chunks of chunkings(Buffer.from(JSON.stringify(input))))
      if (JSON.stringify(parse(chunks)) !== JSON.stringify(whole)) t.fail()
  }
  const batch = parse([Buffer.from(JSON.stringify([...cases.map(([input]) => input), 7, 'x', []]))])
  t.match(batch, { batch: true, complete: true, recognized: true })
  t.equal(batch.messages.length, cases.length + 3)
  for (const [i, [, expected]] of cases.entries()) t.match(batch.messages[i], expected)
  t.match(batch.messages.slice(-3), [{ kind: 'invalid' }, { kind: 'invalid' }, { kind: 'invalid' }])
})

t.test('property: any octets, any splits', async (t) => {
  const soup = fc
    .array(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"jsonrpc"', '"2.0"', '"id"', '1', '"method"', '"ping"', '"result"', '"error"', 'null'),
      { maxLength: 18 },
    )
    .map((parts) => Buffer.from(parts.join('')))
  fc.assert(
    fc.property(soup, fc.integer(), (input, seed) => {
      const whole = JSON.stringify(parse([Uint8Array.from(input)]))
      for (const chunks of chunkings(input, seed)) if (JSON.stringify(parse(chunks)) !== whole) return false
      return true
    }),
    { numRuns: 300 },
  )
  t.pass('300 inputs')
})
