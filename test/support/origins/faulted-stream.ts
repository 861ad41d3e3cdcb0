/**
 * An origin of event streams over HTTP/1.1 and HTTP/2, and clients of it through the engine that tell what they saw: the octets of the
 * body, when each came, and how it ended: in order, by FIN, by RST, by RST_STREAM.
 */

import { once } from 'node:events'
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { EngineHarness } from '../engine-harness.ts'
import { unchunked } from '../octets/body-edits.ts'
import { openSecure } from '../proxy-client.ts'
import { originCertificate } from '../test-origin.ts'
import { openHttp2 } from './http2-origin.ts'

export interface Seen {
  readonly body: string
  /** `clean`, `fin`, `reset`, `rst_stream N`; `open`: the client had seen enough. */
  readonly ending: string
  /** When octets came, ms since the request. */
  readonly times: readonly number[]
}

export type Version = 'http1' | 'http2'
export const VERSIONS: readonly Version[] = ['http1', 'http2']

/** How long a client that looks for silence listens to it. */
const SILENCE_MS = 300

/** Answers every request by `respond`, in whichever version it came; closed with the test. */
export async function startStreamOrigin(
  t: Test,
  respond: (response: Http2ServerResponse, request: Http2ServerRequest) => void,
): Promise<number> {
  const server = createSecureServer({ ...originCertificate(), allowHTTP1: true }, (request, response) => {
    request.on('error', () => {})
    response.on('error', () => {})
    respond(response, request)
  })
  server.on('sessionError', () => {})
  const sockets = new Set<{ destroy(): void }>()
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {})
    sockets.add(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Asks for `path`. `isEnough`: the client goes, a while after it has seen so much. */
export function see(version: Version, harness: EngineHarness, port: number, path = '/', isEnough?: RegExp): Promise<Seen> {
  return version === 'http1' ? seeHttp1(harness, port, path, isEnough) : seeHttp2(harness, port, path, isEnough)
}

async function seeHttp1(harness: EngineHarness, port: number, path: string, isEnough: RegExp | undefined): Promise<Seen> {
  const received = await openSecure(harness.proxyPort, `localhost:${port}`, harness.caPem)
  const { socket } = received
  const begun = performance.now()
  const times: number[] = []
  let isComplete = false
  const bodyOf = () => {
    const at = received.text.indexOf('\r\n\r\n')
    const octets = at === -1 ? '' : received.text.slice(at + 4)
    return /\r\ntransfer-encoding: chunked\r\n/i.test(received.text.slice(0, at + 2))
      ? unchunked(wholeChunks(octets))
      : { data: octets, isComplete: false }
  }
  socket.on('data', () => {
    times.push(performance.now() - begun)
    isComplete = bodyOf().isComplete
  })
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await received.until((now) => isComplete || now.ended || now.closed || isEnough?.test(now.text) === true, 'an ending')
  // An RST comes behind the octets that it does not overtake.
  if (received.ended && received.error === undefined) await new Promise((resolve) => setImmediate(resolve))
  let ending = isComplete ? 'clean' : received.error !== undefined ? 'reset' : received.ended || received.closed ? 'fin' : 'open'
  if (ending === 'open') {
    await new Promise((resolve) => setTimeout(resolve, SILENCE_MS))
    if (received.ended || received.closed) ending = 'late'
  }
  const body = bodyOf().data
  received.transport.destroy()
  return { body, ending, times }
}

/** Up to the last chunk that is whole, for a stream that is under way. */
function wholeChunks(octets: string): string {
  let at = 0
  for (;;) {
    const lineEnd = octets.indexOf('\r\n', at)
    if (lineEnd === -1) return octets.slice(0, at)
    const size = Number.parseInt(octets.slice(at, lineEnd), 16)
    if (size === 0) return octets
    const next = lineEnd + 2 + size + 2
    if (next > octets.length) return octets.slice(0, at)
    at = next
  }
}

async function seeHttp2(harness: EngineHarness, port: number, path: string, isEnough: RegExp | undefined): Promise<Seen> {
  const client = await openHttp2(harness, port)
  const begun = performance.now()
  const stream = client.request({ ':path': path })
  const times: number[] = []
  let body = ''
  let hasEnded = false
  stream.setEncoding('latin1')
  stream.on('end', () => {
    hasEnded = true
  })
  stream.on('error', () => {})
  const closed = once(stream, 'close').catch(() => undefined)
  const enough = new Promise<void>((resolve) => {
    stream.on('data', (text: string) => {
      times.push(performance.now() - begun)
      body += text
      if (isEnough?.test(body) === true) resolve()
    })
  })
  const first = await Promise.race([closed.then(() => 'closed'), enough.then(() => 'enough')])
  if (first === 'enough') await new Promise((resolve) => setTimeout(resolve, SILENCE_MS))
  const ending = !stream.closed
    ? 'open'
    : first === 'enough' && isEnough !== undefined
      ? 'late'
      : stream.rstCode !== 0 || !hasEnded
        ? `rst_stream ${stream.rstCode}`
        : 'clean'
  client.destroy()
  return { body, ending, times }
}
