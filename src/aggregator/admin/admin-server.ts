/**
 * AdminServer: `/metrics`, health and what the engine is doing, over plain HTTP. Aggregator thread.
 *
 * Read only but for revoking bypasses. `node:http` serves it: it is off the data path, and a scraper is no adversary beyond the limits set here. What
 * a browser could be made to do to it is in `host-guard.ts` and `change-guard.ts`.
 */

import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { AdminAddress } from '../../shared/aggregator-protocol.ts'
import type { BypassAnswer, BypassRequest } from '../../shared/bypass.ts'
import type { EngineState } from '../../shared/counters/counters-descriptor.ts'
import { EVENTS_JSON_SCHEMA } from '../../shared/events/schema-files.ts'
import {
  ADMIN_CONNECTIONS,
  ADMIN_FLOWS_LISTED,
  ADMIN_FLOWS_LISTED_MAX,
  ADMIN_HEAD_BYTES,
  ADMIN_HEADERS_TIMEOUT_MS,
  ADMIN_KEEP_ALIVE_TIMEOUT_MS,
  ADMIN_REQUEST_TIMEOUT_MS,
  ADMIN_STALL_MS,
  ADMIN_TIMEOUT_CHECK_MS,
} from '../../shared/limits/aggregator.ts'
import { parseAbsoluteForm } from '../../shared/targets/absolute-form.ts'
import type { FeedServer } from '../feed/feed-server.ts'
import { AnswerTurns } from './answer-turns.ts'
import { CHANGE_HEADER, changeVerdict } from './change-guard.ts'
import { HostGuard } from './host-guard.ts'

/** What the server shows; asked at each request. */
export interface AdminSources {
  readonly instanceId: string
  readonly version: string
  readonly contentType: string
  metrics(): Promise<string>
  state(): EngineState
  /** At most `limit` open flows, oldest first, and how many there are. */
  flows(limit: number): { readonly open: number; readonly flows: readonly object[] }
  /** Bypasses, listed or revoked; undefined where the main thread does not answer. */
  bypasses(request: BypassRequest): Promise<BypassAnswer | undefined>
}

interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly allow?: string
  readonly upgrade?: string
}

const JSON_TYPE = 'application/json; charset=utf-8'

const BYPASSES = '/bypasses'
const FEED = '/events'
const PATHS = ['/', '/metrics', '/healthz', '/readyz', '/flows', '/bypasses', '/events', '/events/schema.json'] as const

export class AdminServer {
  readonly #sources: AdminSources
  readonly #guard: HostGuard
  readonly #feed: FeedServer | undefined
  readonly #server: Server

  constructor(sources: AdminSources, hosts: readonly string[], feed?: FeedServer) {
    this.#feed = feed
    this.#sources = sources
    this.#guard = new HostGuard(hosts)
    const turns = new AnswerTurns((request, response) => this.#answer(request, response))
    this.#server = createServer(
      {
        maxHeaderSize: ADMIN_HEAD_BYTES,
        headersTimeout: ADMIN_HEADERS_TIMEOUT_MS,
        requestTimeout: ADMIN_REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: ADMIN_TIMEOUT_CHECK_MS,
        keepAliveTimeout: ADMIN_KEEP_ALIVE_TIMEOUT_MS,
        // The guard answers a missing Host itself, so that the reason is in the reply.
        requireHostHeader: false,
      },
      (request, response) => turns.take(request, response),
    )
    this.#server.timeout = ADMIN_STALL_MS
    if (feed !== undefined) this.#server.on('upgrade', (request, socket, head) => this.#upgrade(feed, request, socket, head))
    this.#server.maxConnections = ADMIN_CONNECTIONS
  }

  /** Resolves to the bound address; rejects with the system's error. */
  listen(address: AdminAddress): Promise<AdminAddress> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(address.port, address.host, () => {
        this.#server.off('error', reject)
        // A failed accept (no descriptors left) ends no server; idle connections make room for the next one.
        this.#server.on('error', () => this.#server.closeIdleConnections())
        const bound = this.#server.address() as AddressInfo
        resolve({ host: bound.address, port: bound.port })
      })
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  /**
   * A request with an Upgrade field. What is not the feed's is answered as if it had none (RFC 9110 §7.8): `curl --http2` asks
   * every server for h2c.
   */
  #upgrade(feed: FeedServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const target = originForm(request)
    const isFeed = pathOf(target) === FEED && request.headers.upgrade?.toLowerCase() === 'websocket'
    const refusal = this.#refusal(request)
    if (!isFeed || refusal !== undefined) {
      this.#answerOnce(request, socket, refusal)
      return
    }
    const refused = feed.accept(request, queryOf(target), socket, head)
    if (refused !== undefined) this.#answerOnce(request, socket, problem(refused.status, refused.error, refused.message))
  }

  /** Answers on a socket that `node:http` has given up, and ends it. */
  #answerOnce(request: IncomingMessage, socket: Duplex, reply: Reply | undefined): void {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    // Over TCP it is one.
    const tcp = socket as Socket
    response.assignSocket(tcp)
    // As `node:http` does: a client that keeps its side open holds no connection.
    response.on('finish', () => tcp.destroySoon())
    void this.#answer(request, response, reply)
  }

  async #answer(request: IncomingMessage, response: ServerResponse, refused?: Reply): Promise<void> {
    let reply: Reply
    try {
      reply = refused ?? this.#refusal(request) ?? (await this.#reply(request))
    } catch (error) {
      reply = problem(500, 'internal_error', (error as Error).message)
    }
    const body = Buffer.from(reply.body)
    response.writeHead(reply.status, {
      'content-type': reply.type,
      'content-length': body.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(reply.allow === undefined ? {} : { allow: reply.allow }),
      ...(reply.upgrade === undefined ? {} : { upgrade: reply.upgrade, connection: 'upgrade' }),
      // A body that was sent and not read would be taken for the next request.
      ...(reply.status === 405 || reply.status === 400 ? { connection: 'close' } : {}),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  #refusal(request: IncomingMessage): Reply | undefined {
    const hosts = request.rawHeaders.filter((_, index, raw) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === 'host')
    const verdict = this.#guard.check(hosts, request.httpVersion, request.url ?? '')
    if (verdict === 'malformed') return problem(400, 'host_malformed', 'exactly one valid Host header is required (RFC 9112 §3.2)')
    if (verdict === 'unknown') {
      return problem(
        421,
        'host_not_allowed',
        'the admin server does not answer to this Host (DNS rebinding protection); add it to admin_hosts',
      )
    }
    if (request.method === 'GET' || request.method === 'HEAD') return undefined
    const isBypasses = pathOf(originForm(request)) === BYPASSES
    if (isBypasses && request.method === 'DELETE') return changeRefusal(request)
    const allow = isBypasses ? 'GET, HEAD, DELETE' : 'GET, HEAD'
    return { ...problem(405, 'method_not_allowed', `only ${allow} are served`), allow }
  }

  #reply(request: IncomingMessage): Promise<Reply> {
    const target = originForm(request)
    return pathOf(target) === BYPASSES ? this.#bypasses(request.method === 'DELETE', queryOf(target)) : this.#page(target)
  }

  async #bypasses(revoke: boolean, query: string): Promise<Reply> {
    const asked = new URLSearchParams(query)
    const host = asked.get('host')
    if (revoke && (host === null || host === ''))
      return problem(400, 'host_missing', 'say which: /bypasses?host=HOST, and &client=ADDRESS for one client')
    const answer = await this.#sources.bypasses(
      revoke && host !== null ? { kind: 'revoke', host, client: asked.get('client') ?? undefined } : { kind: 'list' },
    )
    if (answer === undefined) return problem(504, 'engine_busy', 'the engine did not answer in time')
    const bypasses = answer.bypasses.map(({ client, host, origin, learnedAtMs, expiresAtMs }) => ({
      client,
      host,
      origin,
      // A configured one has neither.
      ...(origin === 'learned' ? { learned_unix_ms: learnedAtMs, expires_unix_ms: expiresAtMs } : {}),
    }))
    return json(200, revoke ? { revoked: answer.revoked, bypasses } : { bypasses })
  }

  async #page(target: string): Promise<Reply> {
    const path = pathOf(target)
    const { instanceId, version } = this.#sources
    switch (path) {
      case '/':
        return json(200, { name: 'soth-mitm', version, instance: instanceId, state: this.#sources.state(), paths: PATHS })
      case '/metrics':
        return { status: 200, type: this.#sources.contentType, body: await this.#sources.metrics() }
      case '/healthz':
        return json(200, { status: 'ok' })
      case '/readyz':
        return this.#ready()
      case '/flows':
        return this.#flows(queryOf(target))
      case FEED:
        return this.#feedPage()
      case '/events/schema.json':
        return { status: 200, type: 'application/schema+json; charset=utf-8', body: await readFile(EVENTS_JSON_SCHEMA, 'utf8') }
      default:
        return problem(404, 'not_found', `no such page; there are ${PATHS.join(' ')}`)
    }
  }

  /** Asked without the upgrade that it takes (RFC 9110 §15.5.22). */
  #feedPage(): Reply {
    if (this.#feed === undefined) return problem(404, 'feed_off', 'the live feed is off; set feed.enabled')
    return { ...problem(426, 'upgrade_required', 'events come over WebSocket: ask with Upgrade: websocket'), upgrade: 'websocket' }
  }

  #ready(): Reply {
    const state = this.#sources.state()
    return json(state === 'ready' ? 200 : 503, { status: state })
  }

  #flows(query: string): Reply {
    const asked = new URLSearchParams(query).get('limit')
    const limit = asked === null ? ADMIN_FLOWS_LISTED : Number(asked)
    if ((asked !== null && !/^[0-9]+$/.test(asked)) || limit > ADMIN_FLOWS_LISTED_MAX) {
      return problem(400, 'limit_invalid', `limit must be a whole number from 0 to ${ADMIN_FLOWS_LISTED_MAX}`)
    }
    return json(200, this.#sources.flows(limit))
  }
}

/** A change that a browser could have been made to ask for; undefined where it cannot. */
function changeRefusal({ headers }: IncomingMessage): Reply | undefined {
  switch (changeVerdict(headers)) {
    case 'allowed':
      return undefined
    case 'browser':
      return problem(403, 'browser_refused', 'a web page asked for this (Origin, Sec-Fetch-Site): changes are for tools')
    case 'unmarked':
      return problem(403, 'header_missing', `send the header ${CHANGE_HEADER}: 1 with a change; a web page cannot`)
  }
}

/** The target without scheme and authority: a server takes absolute-form too (RFC 9112 §3.2.2). The guard has seen the authority. */
function originForm({ method = '', url = '' }: IncomingMessage): string {
  const absolute = parseAbsoluteForm(method, url)
  return 'path' in absolute ? absolute.path : url
}

function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

function queryOf(target: string): string {
  const query = target.indexOf('?')
  return query === -1 ? '' : target.slice(query + 1)
}

function json(status: number, value: object): Reply {
  return { status, type: JSON_TYPE, body: `${JSON.stringify(value)}\n` }
}

function problem(status: number, error: string, message: string): Reply {
  return json(status, { error, message })
}
