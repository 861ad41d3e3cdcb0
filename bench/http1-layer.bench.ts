/**
 * What observing HTTP/1.1 costs: nanoseconds for a small request with its response, and the throughput of bodies. Each variant
 * runs in a process of its own; a run is the median of its rounds. `node dist/bench/http1-layer.bench.js`
 */

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CLIENT, ORIGIN } from '../src/shared/side.ts'
import type { HttpHandler } from '../src/workers/layers/http/http-handler.ts'
import { Http1Layer } from '../src/workers/layers/http1/http1-layer.ts'
import { Plan } from '../src/workers/layers/plan.ts'

const ROUNDS = 9
const ROUND_MS = 150
const BATCH = 200

/** Counts; keeps nothing. */
class Counter implements HttpHandler {
  heads = 0
  octets = 0
  ends = 0

  onRequestHead(): undefined {
    this.heads++
  }
  onRequestBody(_exchange: number, bytes: Uint8Array): void {
    this.octets += bytes.length
  }
  onRequestTrailers(): void {}
  onRequestEnd(): void {}
  onInformational(): void {}
  onResponseHead(): undefined {
    this.heads++
  }
  onResponseBody(_exchange: number, bytes: Uint8Array): void {
    this.octets += bytes.length
  }
  onResponseTrailers(): void {}
  onResponseEnd(): void {}
  onExchangeEnd(): void {
    this.ends++
  }
  onUpgrade(): void {}
  onViolation(_exchange: number, _side: number, violation: { readonly code: string }): void {
    throw new Error(`the benchmark's own message is bad: ${violation.code}`)
  }
}

interface Variant {
  /** One unit of work. */
  readonly run: (layer: Http1Layer, plan: Plan) => void
  /** Octets of a unit, where throughput is what matters. */
  readonly octets?: number
}

const SMALL_GET = Buffer.from('GET /v1/things?id=42 HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n')
const SMALL_OK = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\nDate: Sat, 21 Nov 2026 22:00:00 GMT\r\n\r\n{"ok": true}\n',
)
const BROWSER_GET = Buffer.from(
  `GET /index.html HTTP/1.1\r\nHost: www.example.com\r\n${'X-Field-Name: a value of common length, such as a cookie\r\n'.repeat(12)}\r\n`,
)
const BROWSER_OK = Buffer.from(
  `HTTP/1.1 200 OK\r\n${'X-Field-Name: a value of common length, such as a policy\r\n'.repeat(14)}Content-Length: 13\r\n\r\n{"ok": true}\n`,
)
const CHUNK_16K = Buffer.concat([Buffer.from('4000\r\n'), Buffer.alloc(16_384, 0x61), Buffer.from('\r\n')])
const CHUNK_100 = Buffer.from(`64\r\n${'a'.repeat(100)}\r\n`.repeat(160))
const READ_64K = Buffer.alloc(65_536, 0x61)

function exchange(request: Buffer, response: Buffer): Variant {
  return {
    run: (layer, plan) => {
      layer.execute(CLIENT, request, plan)
      layer.execute(ORIGIN, response, plan)
    },
  }
}

/** A response body without end, whose head was read before. */
function body(octets: Buffer): Variant {
  return { run: (layer, plan) => void layer.execute(ORIGIN, octets, plan), octets: octets.length }
}

const VARIANTS: Readonly<Record<string, Variant>> = {
  'small pair': exchange(SMALL_GET, SMALL_OK),
  'browser pair': exchange(BROWSER_GET, BROWSER_OK),
  'chunks of 16 KiB': body(CHUNK_16K),
  'chunks of 100 B': body(CHUNK_100),
  'length, reads of 64 KiB': body(READ_64K),
}

const BODY_HEAD: Readonly<Record<string, string>> = {
  'chunks of 16 KiB': 'Transfer-Encoding: chunked',
  'chunks of 100 B': 'Transfer-Encoding: chunked',
  'length, reads of 64 KiB': 'Content-Length: 9007199254740991',
}

/** Nanoseconds of one unit, the median of the rounds. */
function measure(name: string, variant: Variant): number {
  const layer = new Http1Layer({ handler: new Counter() })
  const plan = new Plan()
  const head = BODY_HEAD[name]
  if (head !== undefined) {
    layer.execute(CLIENT, SMALL_GET, plan)
    layer.execute(ORIGIN, Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`), plan)
  }
  const rounds = Array.from({ length: ROUNDS }, () => {
    const begun = process.hrtime.bigint()
    const until = begun + BigInt(ROUND_MS) * 1_000_000n
    let units = 0
    let now = begun
    while (now < until) {
      for (let n = 0; n < BATCH; n++) variant.run(layer, plan)
      units += BATCH
      now = process.hrtime.bigint()
    }
    return Number(now - begun) / units
  })
  return rounds.toSorted((a, b) => a - b)[ROUNDS >> 1] as number
}

function report(name: string, nanoseconds: number): string {
  const octets = VARIANTS[name]?.octets
  const rate = octets === undefined ? '' : `  ${Math.round((octets / nanoseconds) * 1_000)} MB/s`
  return `${name.padEnd(26)} ${Math.round(nanoseconds).toString().padStart(7)} ns${rate}`
}

const asked = process.argv[2]
const variant = asked === undefined ? undefined : VARIANTS[asked]
if (asked !== undefined && variant !== undefined) {
  process.stdout.write(`${report(asked, measure(asked, variant))}\n`)
} else {
  process.stdout.write(`node ${process.version}\n`)
  for (const name of Object.keys(VARIANTS)) {
    process.stdout.write(execFileSync(process.execPath, [fileURLToPath(import.meta.url), name]))
  }
}
