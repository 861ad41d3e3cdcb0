/**
 * The SDK of the Model Context Protocol at the mercy of the profile `mcp`, over streamable HTTP: each status raises its own class with its
 * code and is not attempted again; a GET that is refused leaves the session alone; streams that break make the call time out, unless an
 * event has told where to go on: then the SDK does, after the wait that it was given.
 */

import type { ServerResponse } from 'node:http'
import t from 'tap'
import { ProfileLibrary } from '../../../src/shared/faults/profiles/profile-library.ts'
import { importForeign, NO_FOREIGN_PACKAGES } from '../../support/clients/foreign-packages.ts'
import { SdkTrial, type TrialFault } from '../../support/clients/sdk-trial.ts'

// Processes, waits of seconds, and a machine that may be busy.
t.setTimeout(300_000)

interface Client {
  fallbackNotificationHandler: (told: unknown) => Promise<void>
  onerror: (error: Error) => void
  connect(transport: object, options: object): Promise<void>
  callTool(asked: object, schema: undefined, options: object): Promise<{ readonly content: readonly { readonly text: string }[] }>
  close(): Promise<void>
}
interface ClientModule {
  readonly Client: new (info: object) => Client
}
interface TransportModule {
  readonly StreamableHTTPClientTransport: new (url: URL, options: object) => object
  readonly StreamableHTTPError: new (...parameters: never[]) => Error
}
type Failure = Error & { readonly code?: number }

const SESSION = 's1'
const event = (id: number, message: object) => `id: ${id}\nevent: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`
const progress = event(1, { method: 'notifications/message', params: { level: 'info', data: 'on it' } })
const result = (id: number) => event(2, { id, result: { content: [{ type: 'text', text: 'done' }] } })

/** A server of one tool, which says on its way that it is at it; a GET with Last-Event-ID brings what is behind it. */
class ToolServer {
  #asked = 0
  /** When each GET with a Last-Event-ID came, ms. */
  readonly resumedAt: number[] = []

  readonly answer = (response: ServerResponse, body: string): void => {
    const { method, headers } = response.req
    if (method === 'GET' && headers['last-event-id'] !== undefined) {
      this.resumedAt.push(performance.now())
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(result(this.#asked))
      return
    }
    if (method !== 'POST') {
      response.writeHead(405).end()
      return
    }
    const { id, method: called } = JSON.parse(body) as { readonly id?: number; readonly method: string }
    if (id === undefined) {
      response.writeHead(202).end()
      return
    }
    if (called === 'initialize') {
      const serverInfo = { name: 's', version: '1' }
      const said = { jsonrpc: '2.0', id, result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo } }
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': SESSION }).end(JSON.stringify(said))
      return
    }
    this.#asked = id
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(progress)
    response.end(result(id))
  }
}

interface Told {
  /** How far it came. */
  readonly step: 'connect' | 'call' | 'done'
  readonly failure: Failure | undefined
  readonly text: string
  readonly notifications: number
  readonly errors: readonly string[]
  /** From the call on. */
  readonly ms: number
  readonly calledAt: number
}

const RECONNECT_MS = 400

/** Begins a session and calls the tool. */
async function callTool(trial: SdkTrial, entry: string, patienceMs: number): Promise<Told> {
  const { Client } = await importForeign<ClientModule>('@modelcontextprotocol/sdk/client/index.js')
  const { StreamableHTTPClientTransport } = await importForeign<TransportModule>('@modelcontextprotocol/sdk/client/streamableHttp.js')
  const client = new Client({ name: 'c', version: '1' })
  const errors: string[] = []
  let [notifications, step, text, calledAt] = [0, 'connect' as Told['step'], '', performance.now()]
  client.onerror = ({ message }) => void errors.push(message)
  client.fallbackNotificationHandler = async () => {
    notifications++
  }
  const reconnectionOptions = {
    initialReconnectionDelay: RECONNECT_MS,
    maxReconnectionDelay: RECONNECT_MS,
    reconnectionDelayGrowFactor: 1,
    maxRetries: 2,
  }
  const transport = new StreamableHTTPClientTransport(new URL(`${trial.baseUrl(entry)}/mcp`), { fetch: trial.fetch, reconnectionOptions })
  let failure: Failure | undefined
  try {
    await client.connect(transport, { timeout: 30_000 })
    step = 'call'
    calledAt = performance.now()
    const { content } = await client.callTool({ name: 'work', arguments: {} }, undefined, { timeout: patienceMs })
    text = content[0]?.text ?? ''
    step = 'done'
  } catch (error) {
    failure = error as Failure
  }
  const ms = performance.now() - calledAt
  // Closing tears open streams down, of which the SDK may or may not tell.
  const heard = [...errors]
  await client.close()
  return { step, failure, text, notifications, errors: heard, ms, calledAt }
}

const STATUSES = ['400', '400-version', '400-header-mismatch', '401', '403', '429', '500', '503']
const PATIENCE_MS = 30_000
/** For calls that nothing ends but the client's patience. */
const SHORT_PATIENCE_MS = 5_000
/** MCP: RequestTimeout. */
const REQUEST_TIMEOUT = -32_001
/** The session is there already: `initialize` and `initialized` have been said. */
const BEHIND_CONNECT = { skip: 2, match: { method: 'POST' } }

t.test('every status', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const { StreamableHTTPError } = await importForeign<TransportModule>('@modelcontextprotocol/sdk/client/streamableHttp.js')
  const faults: readonly TrialFault[] = [
    ...STATUSES.map((name) => ({ entry: `mcp:${name}` })),
    { entry: 'mcp:session-lost', ...BEHIND_CONNECT },
    { entry: 'mcp:405', match: { method: 'GET' } },
  ]
  const trial = await SdkTrial.start(t, faults, new ToolServer().answer)
  const told = await Promise.all(faults.map(({ entry }) => callTool(trial, entry, PATIENCE_MS)))
  for (const [n, { entry }] of faults.entries()) {
    const { step, failure, text } = told[n] as Told
    const [fault] = new ProfileLibrary().find(entry).faults
    if (fault?.kind !== 'respond') throw new Error(`${entry} is no status`)
    if (entry === 'mcp:405') {
      t.match({ step, text }, { step: 'done', text: 'done' }, 'a server without a stream of its own is none the worse')
    } else {
      t.equal(failure?.constructor, StreamableHTTPError, `${entry}: StreamableHTTPError, not ${failure}`)
      t.equal(failure?.code, fault.status)
      const said = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body)
      t.ok(failure?.message.includes(said), `${entry}: the body is told`)
      t.equal(step, entry === 'mcp:session-lost' ? 'call' : 'connect')
    }
    const hit = (await trial.operations(entry)).filter(({ attempts }) => attempts.some((attempt) => attempt.faults.length > 0))
    t.same(
      hit.map(({ attempts }) => attempts.length),
      [1],
      `${entry}: met once, and not attempted again`,
    )
  }
})

t.test('streams that break', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const silent = ['mcp:sse-cut', 'mcp:sse-end', 'mcp:sse-stall', 'mcp:slow-tool']
  const faults: readonly TrialFault[] = [
    ...silent.map((entry) => ({ entry, ...(entry === 'mcp:slow-tool' ? BEHIND_CONNECT : {}) })),
    { entry: 'mcp:sse-duplicate' },
  ]
  const trial = await SdkTrial.start(t, faults, new ToolServer().answer)
  const told = await Promise.all(silent.map((entry) => callTool(trial, entry, SHORT_PATIENCE_MS)))
  for (const [n, entry] of silent.entries()) {
    const { step, failure, ms, notifications, errors } = told[n] as Told
    t.match({ step, code: failure?.code }, { step: 'call', code: REQUEST_TIMEOUT }, `${entry}: ${failure}`)
    t.ok(ms >= SHORT_PATIENCE_MS - 5, `${entry}: ${ms} ms`)
    t.equal(notifications, 0, `${entry}: no event came`)
    t.equal(
      errors.some((error) => /disconnected/.test(error)),
      entry === 'mcp:sse-cut',
      `${entry}: ${errors}`,
    )
  }
  t.match(await callTool(trial, 'mcp:sse-duplicate', PATIENCE_MS), { step: 'done', text: 'done', notifications: 2 })
})

t.test('a stream whose event has an id is taken up again, after the wait', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const server = new ToolServer()
  const trial = await SdkTrial.start(t, [{ entry: 'mcp:sse-cut-later', match: { method: 'POST' } }], server.answer)
  const { step, text, notifications, calledAt } = await callTool(trial, 'mcp:sse-cut-later', PATIENCE_MS)
  t.match({ step, text, notifications }, { step: 'done', text: 'done', notifications: 1 })
  t.equal(server.resumedAt.length, 1)
  const waitedMs = (server.resumedAt[0] ?? 0) - calledAt
  t.ok(waitedMs >= RECONNECT_MS - 5, `taken up after ${waitedMs} ms`)
})
