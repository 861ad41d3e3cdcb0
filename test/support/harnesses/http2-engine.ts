/**
 * Http2Engine: node:http2 client and server on loopback with an Http2Layer in between, driven by the session's own relay.
 */

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerOptions,
  type SessionOptions,
} from 'node:http2'
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { Http2Layer, type Http2LayerOptions } from '../../../src/workers/layers/http2/http2-layer.ts'
import { Relay } from '../../../src/workers/relay.ts'
import { HttpRecorder, type Verdicts } from '../recorders/http-recorder.ts'

export interface Http2EngineOptions {
  readonly verdicts?: Verdicts
  readonly layer?: Partial<Http2LayerOptions>
  readonly client?: SessionOptions
  readonly server?: ServerOptions
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders | undefined
  readonly body: Buffer
  readonly rstCode: number
}

export class Http2Engine {
  readonly recorder: HttpRecorder
  readonly origin: Http2Server
  readonly client: ClientHttp2Session
  /** How the relay ended. */
  ended: string | undefined = undefined
  layer: Http2Layer | undefined = undefined
  relay: Relay | undefined = undefined
  readonly #proxy: Server
  readonly #sockets: Socket[] = []

  private constructor(options: Http2EngineOptions, origin: Http2Server, proxy: Server) {
    this.recorder = new HttpRecorder(options.verdicts)
    this.origin = origin
    this.#proxy = proxy
    proxy.on('connection', (client) => this.#onConnection(client, options))
    this.client = connect(`http://127.0.0.1:${portOf(proxy)}`, options.client)
    this.client.on('error', () => {})
  }

  static async start(options: Http2EngineOptions = {}): Promise<Http2Engine> {
    const origin = createServer(options.server ?? {})
    origin.on('sessionError', () => {})
    const proxy = createTcpServer({ allowHalfOpen: true })
    await Promise.all([listen(origin), listen(proxy)])
    return new Http2Engine(options, origin, proxy)
  }

  /** Sends a request and waits for the whole answer; rejects where the stream ends with an error. */
  fetch(fields: OutgoingHttpHeaders, body?: Uint8Array | string): Promise<Answer> {
    return answerOf(this.client.request(fields, { endStream: body === undefined }), body)
  }

  async close(): Promise<void> {
    this.client.destroy()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all([new Promise((resolve) => this.#proxy.close(resolve)), new Promise((resolve) => this.origin.close(resolve))])
  }

  #onConnection(client: Socket, options: Http2EngineOptions): void {
    const origin = connectTcp({ port: portOf(this.origin), host: '127.0.0.1', allowHalfOpen: true })
    this.#sockets.push(client, origin)
    this.layer = new Http2Layer({ handler: this.recorder, now: () => performance.now(), ...options.layer })
    this.relay = new Relay({ stream: client, transport: client }, { stream: origin, transport: origin }, this.layer, {
      onRelayEnd: (reason) => {
        this.ended = reason
      },
      onRelayError: () => {},
      takeOrigin: () => false,
      reopenOrigin: () => undefined,
      onRelayActivity: () => {},
      isQuiet: false,
    })
    this.relay.start()
  }
}

export function answerOf(stream: ClientHttp2Stream, body?: Uint8Array | string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let headers: IncomingHttpHeaders = {}
    let trailers: IncomingHttpHeaders | undefined
    stream.on('response', (fields) => {
      headers = fields
    })
    stream.on('trailers', (fields) => {
      trailers = fields
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('close', () => {
      resolve({ status: Number(headers[':status'] ?? 0), headers, trailers, body: Buffer.concat(chunks), rstCode: stream.rstCode ?? 0 })
    })
    if (body !== undefined) stream.end(body)
  })
}

function listen(server: Server | Http2Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
}

function portOf(server: Server | Http2Server): number {
  return (server.address() as AddressInfo).port
}
