/**
 * The HTTP/2 part of the chaos run: sessions of node:http2 with many streams, plain requests and gRPC calls, some of them reset by
 * either end. What a stream's answer must be follows from its seed alone.
 */

import { createHash } from 'node:crypto'
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { EngineHarness } from '../engine-harness.ts'
import { answerOf } from '../harnesses/http2-engine.ts'
import { closed, openHttp2 } from '../origins/http2-origin.ts'
import { Draw } from './script.ts'

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR } = constants
const LARGEST_BODY = 100_000
const PLAY_DEADLINE_MS = 120_000

interface Part {
  readonly body: Buffer
  readonly answer: Buffer
  readonly isCall: boolean
  /** Who resets the stream, if anybody. */
  readonly reset: 'client' | 'origin' | undefined
}

function partOf(seed: number, aborts: number): Part {
  const draw = new Draw(seed)
  const isCall = draw.chance(30)
  const make = () => {
    const octets = draw.octets(draw.pick([0, 1, 1_000, draw.int(0, LARGEST_BODY)]))
    return isCall ? messagesOf(draw, octets) : octets
  }
  return { body: make(), answer: make(), isCall, reset: draw.chance(aborts) ? draw.pick(['client', 'origin'] as const) : undefined }
}

/** Octets as gRPC messages. */
function messagesOf(draw: Draw, octets: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < octets.length; ) {
    const size = Math.min(draw.int(0, 5_000), octets.length - at)
    const head = Buffer.alloc(5)
    head.writeUInt32BE(size, 1)
    parts.push(head, octets.subarray(at, at + size))
    at += size
  }
  return Buffer.concat(parts)
}

const digest = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')

/** The origin: answers when it has all of the request, with the digest of that. */
export function answerStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const part = partOf(Number(headers['x-seed']), Number(headers['x-aborts']))
  const hash = createHash('sha256')
  stream.on('data', (bytes: Buffer) => hash.update(bytes))
  stream.on('end', () => {
    if (stream.closed || stream.destroyed) return
    if (headers['x-hints'] === '1') stream.additionalHeaders({ ':status': 103, link: '</a>' })
    if (stream.closed || stream.destroyed) return
    // Node aborts where a stream with trailers to come is reset at the wrong moment (`Http2Stream::OnTrailers`).
    const hasTrailers = part.isCall && headers['x-aborts'] === '0'
    const fields = { 'content-type': part.isCall ? 'application/grpc' : 'text/plain', digest: hash.digest('hex') }
    stream.respond({ ':status': 200, ...fields }, { waitForTrailers: hasTrailers })
    if (hasTrailers) stream.on('wantTrailers', () => stream.destroyed || stream.sendTrailers({ 'grpc-status': '0' }))
    if (part.reset !== 'origin') stream.end(part.answer)
    else stream.write(part.answer.subarray(0, part.answer.length >> 1), () => stream.close(NGHTTP2_INTERNAL_ERROR))
  })
}

/**
 * Opens a session, plays its streams, and returns what was not as it must be: where it may be cut (`isShaken`), only that it has not
 * come to an end.
 */
export async function playStreams(
  harness: EngineHarness,
  port: number,
  seed: number,
  aborts: number,
  isShaken: boolean,
): Promise<string[]> {
  const draw = new Draw(seed)
  const session = await openHttp2(harness, port)
  let isLate = false
  const late = setTimeout(() => {
    isLate = true
    session.destroy()
  }, PLAY_DEADLINE_MS)
  const isDestroyed = draw.chance(aborts)
  const streams = Array.from({ length: draw.int(1, 40) }, async (_, n) => {
    const own = seed * 100 + n
    const part = partOf(own, aborts)
    const fields = {
      ':method': 'POST',
      ':path': `/streams/${own}`,
      'x-seed': String(own),
      'x-aborts': String(aborts),
      'x-hints': draw.chance(20) ? '1' : '0',
    }
    const stream = session.request({ ...fields, 'content-type': part.isCall ? 'application/grpc+proto' : 'text/plain' })
    const answer = answerOf(stream)
    stream.write(part.body.subarray(0, part.body.length >> 1))
    if (part.reset === 'client') stream.close(NGHTTP2_CANCEL)
    else stream.end(part.body.subarray(part.body.length >> 1))
    const got = await answer.catch((error: Error) => error)
    if (part.reset !== undefined || isDestroyed) return undefined
    if (got instanceof Error) return `stream ${own}: ${got.message}`
    if (!got.body.equals(part.answer)) return `stream ${own}: ${got.body.length} of ${part.answer.length} octets, or others`
    if (part.isCall && aborts === 0 && got.trailers?.['grpc-status'] !== '0') return `stream ${own}: its trailers are missing`
    return got.headers['digest'] === digest(part.body) ? undefined : `stream ${own}: the origin has got another body`
  })
  if (isDestroyed) setTimeout(() => session.destroy(), draw.int(0, 30))
  const faults = (await Promise.all(streams)).filter((fault) => fault !== undefined)
  if (!session.destroyed) await closed(session)
  clearTimeout(late)
  if (isLate) return [`session ${seed} takes too long`]
  return isShaken ? [] : faults
}
