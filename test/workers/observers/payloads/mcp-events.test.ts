/** McpEvents: a message, the request that it answers and mirrored fields that differ leave as one event. */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import type { JsonRpcMessage } from '../../../../src/workers/layers/json-rpc/json-rpc-message.ts'
import { McpSessions } from '../../../../src/workers/layers/mcp/mcp-pairs.ts'
import { McpEvents } from '../../../../src/workers/observers/payloads/mcp-events.ts'
import { EventHarness } from '../../../support/harnesses/event-harness.ts'
import { streamStory } from '../../../support/recorders/stream-story.ts'

const MESSAGE: JsonRpcMessage = {
  kind: 'request',
  method: 'tools/call',
  id: 1,
  name: 'add',
  protocolVersion: '',
  requestId: undefined,
  peerName: '',
  initializes: false,
  toolError: false,
  errorCode: undefined,
  errorMessage: '',
}

t.test('one event per message', async (t) => {
  const harness = new EventHarness()
  const session = { flow: harness.flow, now: 9, violation: undefined, switchTo() {} }
  const options = { captureBodyBytes: 0, observe: 'metadata' } as const
  const observation = { events: harness.writer, mcpSessions: new McpSessions(), session, options }
  const events = new McpEvents(observation, { number: 2, protocol: harness.flow.protocolIndex })
  events.onMcpMismatch('mcp-name', 'sub', 'add')
  events.onMcpMessage(CLIENT, MESSAGE)
  events.onMcpMismatch('mcp-method', 'a', 'b')
  events.onMcpMessage(CLIENT, { ...MESSAGE, kind: 'notification', method: 'notifications/x', id: undefined, name: '' })
  events.onMcpMessage(ORIGIN, { ...MESSAGE, kind: 'error', method: '', id: null, name: '', errorCode: -32_001, errorMessage: 'no' })
  events.onMcpAnswer({ side: CLIENT, id: 1, method: 'tools/call', name: 'add', askedAt: 0 }, MESSAGE, 8)
  events.flush()
  events.flush()
  const told = harness.events()
  t.same(streamStory(told), [
    'mcp_message @http1 side=client kind=request method=tools/call id=1 name=add mismatches=[["mcp-name","sub","add"]]',
    'mcp_message @http1 side=client kind=notification method=notifications/x mismatches=[["mcp-method","a","b"]]',
    'mcp_message @http1 side=origin kind=error id=null name=add error_code=-32001 error_message=no answers=tools/call',
  ])
  t.match(told[2], { waited_ms: 8, exchange: 2 })
})
