/**
 * Which JSON-RPC methods are MCP by their own looks, and which revisions are known.
 */

import t from 'tap'
import type { JsonRpcKind, JsonRpcMessage } from '../../../../src/workers/layers/json-rpc/json-rpc-message.ts'
import { isMcpMessage, mirrorsHeaders, needsName } from '../../../../src/workers/layers/mcp/mcp-methods.ts'

function message(method: string, kind: JsonRpcKind = 'request', initializes = false): JsonRpcMessage {
  return {
    kind,
    method,
    id: 1,
    name: '',
    protocolVersion: '',
    requestId: undefined,
    peerName: '',
    initializes,
    toolError: false,
    errorCode: undefined,
    errorMessage: '',
  }
}

t.test('MCP by its own looks', async (t) => {
  for (const method of [
    'tools/call',
    'resources/templates/list',
    'server/discover',
    'subscriptions/listen',
    'ping',
    'tasks/get',
    'logging/setLevel',
  ])
    t.ok(isMcpMessage(message(method)), method)
  t.ok(isMcpMessage(message('notifications/initialized', 'notification')))
  t.ok(isMcpMessage(message('initialize', 'request', true)))
  for (const method of ['initialize', 'textDocument/didOpen', 'eth_call', 'tools', '']) t.notOk(isMcpMessage(message(method)), method)
  for (const kind of ['response', 'error', 'invalid'] as const) t.notOk(isMcpMessage(message('tools/call', kind)))
})

t.test('revisions', async (t) => {
  for (const version of ['2026-07-28', '2027-01-01']) t.ok(mirrorsHeaders(version))
  for (const version of ['2025-11-25', '2024-11-05', '', 'draft', '9']) t.notOk(mirrorsHeaders(version))
  t.ok(needsName('tools/call') && needsName('resources/read') && needsName('prompts/get'))
  t.notOk(needsName('tools/list'))
})
