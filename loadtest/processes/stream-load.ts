/**
 * Clients of long streams, SSE and WebSocket. The delay of an event is counted from the moment that the origin has written into it:
 * a stalled proxy delays every event that was due meanwhile, and all of them count (no coordinated omission). Both read the machine's
 * one monotonic clock.
 *
 * argv: files of trusted roots. Asked `open`, `wait`, `take`, `close`.
 */

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { serve } from '../../bench/support/child.ts'
import { LatencyHistogram, type LatencySummary } from '../../bench/support/latency-histogram.ts'
import { openTls, type Route } from '../../bench/support/tunnel.ts'

export interface OpenStreams {
  readonly kind: 'sse' | 'websocket'
  readonly route: Route
  readonly servername: string
  readonly streams: number
}

export interface StreamsOutcome {
  readonly events: number
  readonly lost: number
  readonly missing: number
  readonly delay: LatencySummary
}

/** What `take` asks for: so many events since the last time, or as many as have come after a while. */
export interface TakeEvents {
  readonly events: number
}

/** The events since the last `take`. */
export interface TakenEvents {
  readonly events: number
  readonly lost: number
  readonly missing: number
  /** Slots of a LatencyHistogram. */
  readonly counts: readonly number[]
  readonly max: number
}

const secureContext = createSecureContext({ ca: process.argv.slice(2).map((file) => readFileSync(file)) })
const OPEN_AT_ONCE = 16
/** How long `take` waits for events that are late. */
const TAKE_DEADLINE_MS = 10_000
let delays = new LatencyHistogram()
const ends: (() => void)[] = []
let events = 0
let lost = 0
let missing = 0

/** `text` begins with the nanoseconds of the clock at which it was sent. */
function onMoment(text: string): void {
  const end = text.indexOf(' ')
  events++
  delays.record(Number(process.hrtime.bigint() - BigInt(text.slice(0, end === -1 ? undefined : end))) / 1000)
}

async function openSse(asked: OpenStreams): Promise<void> {
  const socket = await openTls(asked.route, { secureContext, servername: asked.servername })
  let rest = ''
  let next = 0
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1')
    for (let end = rest.indexOf('\n\n'); end !== -1; end = rest.indexOf('\n\n')) {
      const [, id, moment] = /id: (\d+)\ndata: (\S+)/.exec(rest.slice(0, end)) ?? []
      // Events are numbered by the origin: a gap is an event that the proxy has lost.
      missing += Number(id) - next
      next = Number(id) + 1
      onMoment(moment ?? '')
      rest = rest.slice(end + 2)
    }
  })
  keep(socket)
  socket.write(`GET /events HTTP/1.1\r\nHost: ${asked.servername}\r\nAccept: text/event-stream\r\n\r\n`)
}

async function openWebSocket(asked: OpenStreams): Promise<void> {
  const secure = await openTls(asked.route, { secureContext, servername: asked.servername })
  const socket = new WebSocket(`wss://${asked.servername}/`, { createConnection: () => secure })
  socket.on('message', (data) => onMoment(String(data)))
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.on('error', () => secure.destroy())
  keep(secure)
}

function keep(socket: TLSSocket): void {
  const onClose = () => lost++
  socket.on('error', () => socket.destroy())
  socket.on('close', onClose)
  ends.push(() => {
    socket.off('close', onClose)
    socket.destroy()
  })
}

async function open(asked: OpenStreams): Promise<{ opened: number; failed: number }> {
  let failed = 0
  let left = asked.streams
  const lane = async () => {
    while (left-- > 0) {
      try {
        await (asked.kind === 'sse' ? openSse(asked) : openWebSocket(asked))
      } catch {
        failed++
      }
    }
  }
  await Promise.all(Array.from({ length: OPEN_AT_ONCE }, lane))
  return { opened: asked.streams - failed, failed }
}

async function wait({ seconds }: { seconds: number }): Promise<StreamsOutcome> {
  await sleep(seconds * 1000)
  return { events, lost, missing, delay: delays.summary() }
}

async function take(asked: TakeEvents): Promise<TakenEvents> {
  const deadline = performance.now() + TAKE_DEADLINE_MS
  while (delays.count < asked.events && performance.now() < deadline) await sleep(20)
  const { count, counts, max } = delays
  delays = new LatencyHistogram()
  return { events: count, lost, missing, counts: Array.from(counts), max }
}

function close(): void {
  for (const end of ends.splice(0)) end()
}

serve('ready', { open, wait, take, close })
