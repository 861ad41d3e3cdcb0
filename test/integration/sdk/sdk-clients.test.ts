/**
 * The SDKs that AI traffic comes from, against local origins, through the engine and past it: results and octets are the same,
 * and the events are complete. Anthropic, OpenAI, `eventsource`, the MCP SDK's client and server over both of its transports.
 */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { importForeign, NO_FOREIGN_PACKAGES } from '../../support/clients/foreign-packages.ts'
import { directFetch, proxiedFetch, type RecordedFetch } from '../../support/clients/recorded-fetch.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { REPOSITORY } from '../../support/kept-equal.ts'
import { startHttpsOrigin, type TestOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

interface Recorded {
  readonly uri: string
  readonly content_type: string
  readonly body_b64: string
}

const RECORDED = readFileSync(`${REPOSITORY}test/fixtures/ai-sse-recorded/streams.jsonl`, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Recorded)

/** An origin that answers with the stream that was recorded from the host named in the path, in small pieces. */
async function recordedOrigin(t: Test): Promise<TestOrigin> {
  const origin = await startHttpsOrigin((request, response) => void replay(request, response))
  t.teardown(() => origin.close())
  return origin
}

async function replay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume()
  const wanted = (request.url ?? '').replace(/^\/v1/, '').split('?')[0] ?? ''
  const recorded = RECORDED.find(({ uri }) => new URL(uri).pathname.endsWith(wanted))
  if (recorded === undefined) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-type': recorded.content_type })
  const body = Buffer.from(recorded.body_b64, 'base64')
  for (let at = 0; at < body.length; at += 97) {
    response.write(body.subarray(at, at + 97))
    await delay(1)
  }
  response.end()
}

type Create = { create(parameters: object): Promise<AsyncIterable<unknown>> }
type Sdk<Client> = { readonly default: new (options: object) => Client }

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = []
  for await (const item of stream) items.push(item)
  return items
}

/** Runs `use` past the engine and through it; both must give the same, to the octet. Returns the harness. */
async function bothWays(t: Test, use: (recorded: RecordedFetch) => Promise<unknown>): Promise<EngineHarness> {
  const harness = await EngineHarness.start(t)
  const [direct, proxied] = [directFetch(), proxiedFetch(harness)]
  const expected = await use(direct)
  const found = await use(proxied)
  t.same(found, expected, 'the same result')
  t.same(proxied.bodies.map(String), direct.bodies.map(String), 'the same octets')
  await direct.close()
  await proxied.close()
  return harness
}

t.test('Anthropic: messages.create, streaming', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const { default: Anthropic } = await importForeign<Sdk<{ messages: Create }>>('@anthropic-ai/sdk')
  const origin = await recordedOrigin(t)
  const harness = await bothWays(t, async ({ fetch }) => {
    const client = new Anthropic({ apiKey: 'k', baseURL: `https://localhost:${origin.port}`, fetch, maxRetries: 0 })
    const parameters = { model: 'claude-asked', max_tokens: 10, stream: true, messages: [{ role: 'user', content: 'hi' }] }
    return await collect(await client.messages.create(parameters))
  })
  await harness.checkLaws(t, 1)
  t.match(harness.named('llm_exchange'), [{ api: 'anthropic_messages', evidence: 'path', requested_model: 'claude-asked', complete: true }])
  t.ok((harness.named('llm_exchange')[0]?.output_tokens ?? 0) > 0)
  t.equal(harness.named('llm_exchange')[0]?.events, harness.named('sse_event').length)
})

t.test('OpenAI: chat completions and responses, streaming', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const { default: OpenAi } = await importForeign<Sdk<{ chat: { completions: Create }; responses: Create }>>('openai')
  const origin = await recordedOrigin(t)
  const harness = await bothWays(t, async ({ fetch }) => {
    const client = new OpenAi({ apiKey: 'k', baseURL: `https://localhost:${origin.port}/v1`, fetch, maxRetries: 0 })
    const messages = [{ role: 'user', content: 'hi' }]
    const chat = await collect(await client.chat.completions.create({ model: 'gpt-asked', stream: true, messages }))
    const responses = await collect(await client.responses.create({ model: 'gpt-asked', stream: true, input: 'hi' }))
    t.ok(chat.length > 2 && responses.length > 2)
    return [chat, responses]
  })
  await harness.checkLaws(t, 1)
  t.match(harness.named('llm_exchange'), [
    { api: 'openai_chat', requested_model: 'gpt-asked', complete: true, protocol: 'sse' },
    { api: 'openai_responses', requested_model: 'gpt-asked', complete: true, protocol: 'sse' },
  ])
})

interface EventSource extends EventTarget {
  close(): void
}

t.test('eventsource: ids, types, reconnection', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const { EventSource } = await importForeign<{ EventSource: new (url: string, options: object) => EventSource }>('eventsource')
  const resumed: (string | undefined)[] = []
  const origin = await startHttpsOrigin((request, response) => {
    resumed.push(request.headers['last-event-id'] as string | undefined)
    const from = Number(request.headers['last-event-id'] ?? 0)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (let id = from + 1; id <= from + 3; id++) response.write(`id: ${id}\nevent: tick\nretry: 20\ndata: ${id}\n\n`)
    response.end()
  })
  t.teardown(() => origin.close())
  const harness = await bothWays(t, async ({ fetch, bodies }) => {
    const source = new EventSource(`https://localhost:${origin.port}/`, { fetch })
    const seen: string[] = []
    await new Promise<void>((resolve) => {
      source.addEventListener('tick', (event) => {
        const { data, lastEventId } = event as MessageEvent
        if (seen.push(`${lastEventId}:${data}`) === 6) resolve()
      })
    })
    source.close()
    bodies.length = 2
    return seen
  })
  t.same(resumed, [undefined, '3', undefined, '3'])
  await harness.checkLaws(t, 1)
  t.same(
    harness.named('sse_event').map(({ index, id, type, retry_ms }) => [index, id, type, retry_ms]),
    [1, 2, 3, 4, 5, 6].map((id) => [(id - 1) % 3, `${id}`, 'tick', 20]),
  )
})

interface McpClient {
  connect(transport: unknown): Promise<void>
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(call: object): Promise<unknown>
  close(): Promise<void>
}
interface McpServer {
  registerTool(name: string, settings: object, run: (input: never, extra: never) => unknown): void
  connect(transport: unknown): Promise<void>
}
interface McpTransport {
  sessionId?: string
  handleRequest(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void>
  handlePostMessage(request: IncomingMessage, response: ServerResponse): Promise<void>
}
type Made<T> = new (...parameters: unknown[]) => T

const MCP = '@modelcontextprotocol/sdk'

async function mcpServer(): Promise<McpServer> {
  const { McpServer } = await importForeign<{ McpServer: Made<McpServer> }>(`${MCP}/server/mcp.js`)
  const server = new McpServer({ name: 'test-server', version: '1' }, {})
  server.registerTool('hello', { description: 'says hello' }, () => ({ content: [{ type: 'text', text: 'hello' }] }))
  server.registerTool('fail', { description: 'fails' }, () => ({ content: [{ type: 'text', text: 'no' }], isError: true }))
  return server
}

/** What a client of either transport does and gets. */
async function talk(transport: unknown): Promise<unknown> {
  const { Client } = await importForeign<{ Client: Made<McpClient> }>(`${MCP}/client/index.js`)
  const client = new Client({ name: 'test-client', version: '1' })
  await client.connect(transport)
  const { tools } = await client.listTools()
  const results = [await client.callTool({ name: 'hello' }), await client.callTool({ name: 'fail' })]
  await client.close()
  return [tools.map(({ name }) => name), results]
}

t.test('MCP: streamable HTTP, the SDK on both ends', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  type Transports = { StreamableHTTPServerTransport: Made<McpTransport> }
  const { StreamableHTTPServerTransport } = await importForeign<Transports>(`${MCP}/server/streamableHttp.js`)
  type ClientTransports = { StreamableHTTPClientTransport: Made<unknown> }
  const { StreamableHTTPClientTransport } = await importForeign<ClientTransports>(`${MCP}/client/streamableHttp.js`)
  for (const enableJsonResponse of [false, true]) {
    const sessions = new Map<string, McpTransport>()
    const serve = async (request: IncomingMessage, response: ServerResponse) => {
      let transport = sessions.get((request.headers['mcp-session-id'] as string | undefined) ?? '')
      if (transport === undefined) {
        const made: McpTransport = new StreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          enableJsonResponse,
          onsessioninitialized: (id: string) => sessions.set(id, made),
        })
        await (await mcpServer()).connect(made)
        transport = made
      }
      await transport.handleRequest(request, response)
    }
    const origin = await startHttpsOrigin((request, response) => void serve(request, response))
    t.teardown(() => origin.close())
    const harness = await bothWays(t, async ({ fetch, bodies }) => {
      const result = await talk(new StreamableHTTPClientTransport(new URL(`https://localhost:${origin.port}/mcp`), { fetch }))
      // Event ids and the listening stream's end are chance; the messages are not.
      for (const [n, body] of bodies.entries()) bodies[n] = Buffer.from(String(body).replace(/^id:.*\n/gm, ''))
      return result
    })
    await harness.checkLaws(t, 1)
    const messages = harness.named('mcp_message')
    t.same(
      messages.filter(({ side, kind }) => side === 'client' && kind === 'request').map(({ method, name }) => `${method} ${name ?? ''}`),
      ['initialize test-client', 'tools/list ', 'tools/call hello', 'tools/call fail'],
    )
    t.same(
      messages
        .filter(({ kind }) => kind === 'response')
        .map(({ answers, name, tool_error }) => `${answers} ${name ?? ''} ${tool_error ?? ''}`),
      ['initialize test-server ', 'tools/list  ', 'tools/call hello ', 'tools/call fail true'],
    )
    t.ok(messages.every(({ protocol }) => protocol === 'streamable_http'))
    const exchanges = harness.named('mcp_exchange')
    t.ok(exchanges.some(({ session_id }) => session_id !== undefined))
    t.ok(exchanges.some(({ status }) => status === 202))
    t.ok(exchanges.every(({ unanswered }) => unanswered === 0))
    t.ok(harness.exchangeEnds().every(({ protocol }) => protocol === 'streamable_http'))
  }
})

t.test('MCP: HTTP+SSE of 2024-11-05', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const { SSEServerTransport } = await importForeign<{ SSEServerTransport: Made<McpTransport> }>(`${MCP}/server/sse.js`)
  const { SSEClientTransport } = await importForeign<{ SSEClientTransport: Made<unknown> }>(`${MCP}/client/sse.js`)
  const sessions = new Map<string, McpTransport>()
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '', 'https://localhost')
    if (request.method === 'GET') {
      const transport = new SSEServerTransport('/messages', response)
      sessions.set(transport.sessionId ?? '', transport)
      await (await mcpServer()).connect(transport)
    } else {
      await sessions.get(url.searchParams.get('sessionId') ?? '')?.handlePostMessage(request, response)
    }
  }
  const origin = await startHttpsOrigin((request, response) => void serve(request, response))
  t.teardown(() => origin.close())
  const harness = await bothWays(t, async ({ fetch, bodies }) => {
    const transport = new SSEClientTransport(new URL(`https://localhost:${origin.port}/sse`), { fetch, eventSourceInit: { fetch } })
    const result = await talk(transport)
    for (const [n, body] of bodies.entries()) bodies[n] = Buffer.from(String(body).replace(/sessionId=\S+/, ''))
    return result
  })
  await harness.checkLaws(t, 1)
  const messages = harness.named('mcp_message')
  t.same(
    messages.filter(({ kind }) => kind === 'response').map(({ answers }) => answers),
    ['initialize', 'tools/list', 'tools/call', 'tools/call'],
  )
  t.ok(harness.named('mcp_exchange').every(({ transport }) => transport === 'http_sse'))
})
