/**
 * FeedServer: the live event feed at `GET /events` of the admin server, over WebSocket (RFC 6455). Aggregator thread.
 *
 *     sinks ─▶ StreamSink per client, filter and bounds ─▶ FeedClient ─▶ one message per event
 *
 * Browsers let a page open a WebSocket to any address and tell only by Origin whose page it is (§10.2): an Origin that the
 * operator has not named is refused. Programs send none.
 */

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import type { FeedOptions } from '../../shared/aggregator-protocol.ts'
import { FEED_MESSAGE_BYTES, FEED_PING_MS, FEED_QUEUE_BYTES } from '../../shared/limits/aggregator.ts'
import type { LossNotice } from '../sinks/loss-notice.ts'
import type { SinkSet } from '../sinks/sink-set.ts'
import { StreamSink } from '../sinks/stream-sink.ts'
import { FeedClient } from './feed-client.ts'
import { type FeedRequest, parseFeedRequest, subprotocolIn } from './feed-request.ts'
import { FrameEncoder } from './frame-encoder.ts'

export interface FeedSources {
  readonly sinks: SinkSet
  lossNotice(): LossNotice
}

/** Why a client is not served: a status, a code and a sentence. */
export interface FeedRefusal {
  readonly status: number
  readonly error: string
  readonly message: string
}

export class FeedServer {
  readonly #options: FeedOptions
  readonly #sources: FeedSources
  readonly #webSockets: WebSocketServer
  readonly #encoder = new FrameEncoder()
  readonly #clients = new Set<FeedClient>()
  readonly #pings: NodeJS.Timeout
  #closing = false

  private constructor(options: FeedOptions, sources: FeedSources, webSockets: WebSocketServer, pingMs: number) {
    this.#options = options
    this.#sources = sources
    this.#webSockets = webSockets
    this.#pings = setInterval(() => {
      for (const client of this.#clients) client.ping()
    }, pingMs)
    this.#pings.unref()
  }

  /** Loads the WebSocket library: an engine without a feed never does. */
  static async open(options: FeedOptions, sources: FeedSources, pingMs = FEED_PING_MS): Promise<FeedServer> {
    const { WebSocketServer } = await import('ws')
    const webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: FEED_MESSAGE_BYTES,
      handleProtocols: (offered) => subprotocolIn(offered) ?? false,
    })
    return new FeedServer(options, sources, webSockets, pingMs)
  }

  get clients(): number {
    return this.#clients.size
  }

  /** Takes the connection over, or says why not. */
  accept(request: IncomingMessage, query: string, transport: Duplex, head: Buffer): FeedRefusal | undefined {
    const { origin } = request.headers
    const isNamed = origin !== undefined && this.#options.origins.includes(origin)
    if (!isNamed && (origin !== undefined || request.headers['sec-fetch-site'] !== undefined)) {
      return { status: 403, error: 'browser_refused', message: 'a web page asked for this (Origin): name its origin in feed.origins' }
    }
    if (this.#closing) return { status: 503, error: 'closing', message: 'the engine closes' }
    if (this.#clients.size >= this.#options.clients) {
      return { status: 503, error: 'too_many_clients', message: `the feed serves ${this.#options.clients} clients (feed.clients)` }
    }
    const asked = parseFeedRequest(query, request.headers)
    if (typeof asked === 'string') return { status: 400, error: 'feed_request_invalid', message: asked }
    // `ws` answers a handshake that is none (§4.2.1) by itself.
    this.#webSockets.handleUpgrade(request, transport, head, (socket) => {
      this.#serve(new FeedClient(socket, transport, asked.format, this.#encoder), asked, (onClose) => socket.once('close', onClose))
    })
    return undefined
  }

  /** Takes nobody any more; whoever is connected is told by its sink's end. */
  close(): void {
    this.#closing = true
    clearInterval(this.#pings)
  }

  #serve(client: FeedClient, { filter, queue }: FeedRequest, whenClosed: (onClose: () => void) => void): void {
    const { sinks } = this.#sources
    const sink = new StreamSink(client, {
      kind: 'feed',
      filter,
      queue: Math.min(queue ?? this.#options.queue, this.#options.queue),
      queueBytes: FEED_QUEUE_BYTES,
      notice: this.#sources.lossNotice(),
    })
    client.onFilter((next) => sink.refilter(next))
    this.#clients.add(client)
    sinks.add(sink)
    whenClosed(() => {
      this.#clients.delete(client)
      void sinks.remove(sink)
    })
  }
}
