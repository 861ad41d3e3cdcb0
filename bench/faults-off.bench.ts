/**
 * What faults cost where no rule has any: the doors to them that every connection passes, against the same connection without doors. One
 * unit is a connection of ten small exchanges: the decision at its CONNECT and what the HTTP/1.1 layer makes of its octets; no socket, no
 * TLS, no event, so what doors cost weighs some hundred times more here than in life. Blocks with and without take turns, ABBA, in one
 * process, by CPU time; it goes on until the 95 % confidence interval of the difference is narrow.
 *
 * Target: ≤ 1 % of this, which is all but nothing of a connection (a CONNECT costs some 100 µs, TLS on both sides 1.7 ms).
 * Run: `node dist/bench/faults-off.bench.js [--width 0.25] [--most 4000]`. Main thread.
 */

import { parseArgs } from 'node:util'
import { parseOptions } from '../src/shared/options/parse-options.ts'
import { Policy } from '../src/shared/policy/policy.ts'
import { policyImage } from '../src/shared/policy/policy-image.ts'
import { CLIENT, ORIGIN } from '../src/shared/side.ts'
import { runConnectFaults } from '../src/workers/fault-points/connect-faults.ts'
import { armRelayFaults } from '../src/workers/fault-points/relay-faults.ts'
import { armTlsFaults } from '../src/workers/fault-points/tls-faults.ts'
import type { HttpHandler } from '../src/workers/layers/http/http-handler.ts'
import { Http1Layer } from '../src/workers/layers/http1/http1-layer.ts'
import { Plan } from '../src/workers/layers/plan.ts'
import type { HttpObserver } from '../src/workers/observers/http-observer.ts'
import type { Session } from '../src/workers/session.ts'
import { gated } from '../src/workers/stages/request-policy.ts'
import { median } from './support/statistics.ts'

const { values } = parseArgs({ options: { width: { type: 'string', default: '0.25' }, most: { type: 'string', default: '4000' } } })

/** Half the confidence interval that is wanted, percent. */
const WIDTH_PERCENT = Number(values.width)
const MOST_PAIRS = Number(values.most)
const LEAST_PAIRS = 60
const WARM_UP_PAIRS = 20
/** Connections of a block: some 20 ms. */
const BLOCK = 800
const EXCHANGES = 10
/** Of the normal distribution: 95 %, two-sided. */
const Z95 = 1.96
const RULES = 100

const REQUEST = Buffer.from('GET /v1/things?id=42 HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n')
const RESPONSE = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"ok": true}\n')

function ignore(): undefined {
  return undefined
}

const HANDLER: HttpHandler = {
  onRequestHead: ignore,
  onRequestBody: ignore,
  onRequestTrailers: ignore,
  onRequestEnd: ignore,
  onInformational: ignore,
  onResponseHead: ignore,
  onResponseBody: ignore,
  onResponseTrailers: ignore,
  onResponseEnd: ignore,
  onExchangeEnd: ignore,
  onUpgrade: ignore,
  onViolation: ignore,
}

const policy = new Policy(
  policyImage(
    parseOptions({ rules: Array.from({ length: RULES }, (_, n) => ({ match: { host: `host-${n}.example` }, action: 'tunnel' as const })) }),
  ),
)

const plan = new Plan()

/** What a connection makes of its decision and its octets. `Doors`: with everything that asks whether there are faults. */
function connection(n: number, hasDoors: boolean): void {
  const decision = policy.decideConnect({ host: `api-${n % 50}.example`, port: 443, client: '127.0.0.1', nowMs: 0 })
  const session = { decision, ticket: { kind: 'connect', decision }, context: { policy } } as unknown as Session
  let handler = HANDLER
  if (hasDoors) {
    const faults = runConnectFaults(session)
    if (faults !== undefined) throw new Error('no rule has a fault')
    armTlsFaults(session)
    handler = gated(session, HANDLER as HttpObserver)
    armRelayFaults(session.context.faults, session.decision.options.faults, session.flow)
  }
  const layer = new Http1Layer({ handler })
  for (let exchange = 0; exchange < EXCHANGES; exchange++) {
    layer.execute(CLIENT, REQUEST, plan)
    layer.execute(ORIGIN, RESPONSE, plan)
  }
}

/** CPU of one block, µs. */
function block(hasDoors: boolean): number {
  const before = process.cpuUsage()
  for (let n = 0; n < BLOCK; n++) connection(n, hasDoors)
  const { user, system } = process.cpuUsage(before)
  return user + system
}

interface Pair {
  /** Natural logarithm of with ÷ without. */
  readonly logRatio: number
  readonly withoutUs: number
}

/** ABBA: what changes evenly with time falls out. */
function pair(): Pair {
  const first = block(true)
  const second = block(false)
  const third = block(false)
  const fourth = block(true)
  return { logRatio: Math.log((first + fourth) / (second + third)), withoutUs: (second + third) / 2 }
}

/** Mean, and half its 95 % confidence interval, percent. */
function interval(pairs: readonly Pair[]): { readonly mean: number; readonly half: number } {
  const percents = pairs.map(({ logRatio }) => Math.expm1(logRatio) * 100)
  const mean = percents.reduce((sum, percent) => sum + percent, 0) / percents.length
  const variance = percents.reduce((sum, percent) => sum + (percent - mean) ** 2, 0) / (percents.length - 1)
  return { mean, half: Z95 * Math.sqrt(variance / percents.length) }
}

for (let n = 0; n < WARM_UP_PAIRS; n++) pair()
const pairs: Pair[] = []
let told = { mean: Number.NaN, half: Number.POSITIVE_INFINITY }
while (pairs.length < LEAST_PAIRS || (told.half > WIDTH_PERCENT && pairs.length < MOST_PAIRS)) {
  pairs.push(pair())
  told = interval(pairs)
}
const withoutNs = (median(pairs.map(({ withoutUs }) => withoutUs)) * 1_000) / BLOCK
const round = (value: number, digits: number) => Number(value.toFixed(digits))
const report = {
  node: process.version,
  pairs: pairs.length,
  connection_us: round(withoutNs / 1_000, 2),
  doors_percent: round(told.mean, 2),
  confidence_95_percent: round(told.half, 2),
  doors_ns_per_connection: Math.round((withoutNs * told.mean) / 100),
}
process.stdout.write(`${JSON.stringify(report)}\n`)
