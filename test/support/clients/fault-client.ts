/**
 * One exchange of a real client through an engine that injects faults: in clear inside a tunnel, or by HTTP/1.1 or HTTP/2 inside
 * TLS that the engine has opened; what the client has seen, told apart as sockets tell it.
 */

import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { wasReset } from '../../../src/workers/tls/failure/was-reset.ts'
import type { EngineHarness } from '../engine-harness.ts'
import { GET, headers, PREFACE, settings } from '../octets/http2-frames.ts'
import { startHttp2Origin } from '../origins/http2-origin.ts'
import { openSecure, openTunnel, Received } from '../proxy-client.ts'
import { startHttpsOrigin, startTcpOrigin } from '../test-origin.ts'

export const MODES = ['tunnel', 'http1', 'http2'] as const
export type Mode = (typeof MODES)[number]

export interface Seen {
  /** Octets that came: of the answer, with its head or frames. */
  readonly octets: number
  /** How the client's TCP connection ended; `open`: it did not, behind as many octets as were enough. */
  readonly end: 'fin' | 'reset' | 'open'
  /** From the request to the end, or to the last octet where there was none. */
  readonly ms: number
  /** Octets that the origin received: of the request. */
  readonly sent: number
}

/** How long a silence counts as one. */
const SILENCE_MS = 400
/** What has not ended by then stays open. */
const END_DEADLINE_MS = 60_000

/** An origin that answers with so many octets, and closes where it speaks no HTTP. */
export class FaultOrigin {
  readonly port: number
  received = 0

  private constructor(port: number) {
    this.port = port
  }

  static async start(t: Test, mode: Mode, octets: number): Promise<FaultOrigin> {
    const body = Buffer.alloc(octets, 'x')
    let origin: FaultOrigin | undefined
    const count = (chunk: Buffer) => {
      if (origin !== undefined) origin.received += chunk.length
    }
    if (mode === 'http2') {
      const { port } = await startHttp2Origin(t, (stream) => {
        stream.on('data', count)
        stream.respond({ ':status': 200 })
        stream.end(body)
      })
      origin = new FaultOrigin(port)
      return origin
    }
    const server =
      mode === 'http1'
        ? await startHttpsOrigin((request, response) => {
            request.on('data', count)
            request.on('end', () => response.writeHead(200, { 'content-length': octets }).end(body))
          })
        : await startTcpOrigin((socket) => {
            socket.on('data', count)
            socket.once('data', () => socket.end(body))
          })
    t.teardown(() => server.close())
    origin = new FaultOrigin(server.port)
    return origin
  }
}

/** Asks `origin` once, and waits for the end of the connection, or, where it is to stay open, for a silence behind `enough` octets. */
export async function ask(harness: EngineHarness, mode: Mode, origin: FaultOrigin, enough = Number.POSITIVE_INFINITY): Promise<Seen> {
  const authority = mode === 'tunnel' ? `127.0.0.1:${origin.port}` : `localhost:${origin.port}`
  const received =
    mode === 'tunnel'
      ? new Received(await openTunnel(harness.proxyPort, authority))
      : await openSecure(harness.proxyPort, authority, harness.caPem, { ALPNProtocols: [mode === 'http1' ? 'http/1.1' : 'h2'] })
  const startedAt = performance.now()
  received.socket.write(REQUESTS[mode])
  const end = await ended(received, enough)
  const ms = end.at - startedAt
  received.socket.destroy()
  return { octets: received.bytes.length, end: end.kind, ms, sent: origin.received }
}

/** By octets, so that what comes is counted to the octet. */
const REQUESTS: Readonly<Record<Mode, Uint8Array>> = {
  tunnel: Buffer.from('please\r\n'),
  http1: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
  http2: Buffer.concat([PREFACE, settings(), headers(1, GET, true)]),
}

/** How the socket ended, and when; or when the last octet came, where there were enough and nothing has come since. */
async function ended(received: Received, enough: number): Promise<{ kind: Seen['end']; at: number }> {
  const { socket } = received
  let lastAt = performance.now()
  let kind: Seen['end'] | undefined
  const settle = (seen: Seen['end']) => {
    kind ??= seen
    lastAt = performance.now()
  }
  let octets = socket.bytesRead
  socket.on('error', () => settle('reset'))
  // Node 20 tells an RST that meets a read of TLS as an end.
  socket.on('end', () => settle(wasReset(socket) ? 'reset' : 'fin'))
  socket.on('close', (hadError: boolean) => settle(hadError ? 'reset' : 'fin'))
  if (socket.errored !== null) settle('reset')
  else if (socket.readableEnded || socket.closed) settle('fin')
  const startedAt = lastAt
  const isSilent = (now: number) => received.bytes.length >= enough && now - lastAt >= SILENCE_MS
  while (kind === undefined && !isSilent(performance.now()) && performance.now() - startedAt < END_DEADLINE_MS) {
    await delay(5)
    if (socket.bytesRead === octets) continue
    octets = socket.bytesRead
    lastAt = performance.now()
  }
  return { kind: kind ?? 'open', at: lastAt }
}
