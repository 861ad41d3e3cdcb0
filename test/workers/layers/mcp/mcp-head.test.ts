/**
 * What the fields of a head say about MCP: session, revision, mirrored method and name.
 */

import t from 'tap'
import { readMcpRequest, readMcpResponse } from '../../../../src/workers/layers/mcp/mcp-head.ts'
import { fieldsOf } from '../../../support/octets/fields.ts'

t.test('a request head', async (t) => {
  const fields = fieldsOf({
    Accept: 'application/json;q=1, Text/Event-Stream',
    'Content-Type': 'application/json; charset=utf-8',
    'MCP-Protocol-Version': '2025-06-18',
    'Mcp-Session-Id': 's',
    'Last-Event-ID': '7',
    'Mcp-Method': 'tools/call',
    'Mcp-Name': '=?BASE64?w6k=?=',
  })
  t.match(readMcpRequest('POST', '/mcp', 'h', fields), {
    json: true,
    acceptsEvents: true,
    protocolVersion: '2025-06-18',
    sessionId: 's',
    lastEventId: '7',
    mcpMethod: 'tools/call',
    mcpName: 'é',
  })
  t.match(readMcpRequest('GET', '/', 'h', fieldsOf({})), { json: false, acceptsEvents: false, sessionId: '', mcpName: '' })
})

t.test('a response head', async (t) => {
  t.same(readMcpResponse(200, fieldsOf({ 'content-type': 'text/event-stream', 'mcp-session-id': 'x' })), {
    status: 200,
    sessionId: 'x',
    eventStream: true,
    json: false,
  })
  t.same(readMcpResponse(404, fieldsOf({ 'content-type': 'application/problem+json' })), {
    status: 404,
    sessionId: '',
    eventStream: false,
    json: true,
  })
})
