/**
 * The targets, and what a run says of each: met, missed, or not measured in it. Ratios are those of rounds that were measured beside one
 * another: their median decides, the lowest and the highest stand behind it.
 */

import { median } from '../support/statistics.ts'
import type { Report } from './figures.ts'

export interface Found {
  readonly work: string
  readonly target: string
  /** Empty where this run has not measured it. */
  readonly found: string
  readonly isMet: boolean | undefined
}

type Look = (report: Report) => { readonly found: string; readonly isMet: boolean } | undefined

const OWN = 'soth-mitm'
const NGINX = 'nginx (reverse proxy)'
const SQUID = 'squid (ssl-bump)'
/** What "level with" allows: as much as two rounds of the same program differ by. */
const LEVEL = 1.1

/** Ratios of the engine's cost to a peer's, round by round. */
function ratios(report: Report, workload: string, peer: string, ownWorkload = workload): readonly number[] {
  const costs = (name: string, of: string) => report.figures[name]?.find((figure) => figure.peer === of)?.costs ?? []
  const other = costs(workload, peer)
  return costs(ownWorkload, OWN).flatMap((own, round) => (other[round] === undefined ? [] : [own / other[round]]))
}

function judged(found: readonly number[], most: number, told: string): { found: string; isMet: boolean } | undefined {
  if (found.length === 0) return undefined
  const text = `${median(found).toFixed(2)} (${Math.min(...found).toFixed(2)}–${Math.max(...found).toFixed(2)})${told}`
  return { found: text, isMet: median(found) <= most }
}

const atMost =
  (workload: string, peer: string, most: number): Look =>
  (report) =>
    judged(ratios(report, workload, peer), most, '')

const idleKilobytes = (report: Report, peer: string) => report.idle.find((figure) => figure.peer === peer)?.kilobytes

function idleBelow(peer: string): Look {
  return (report) => {
    const own = idleKilobytes(report, OWN)
    const other = idleKilobytes(report, peer)
    return own === undefined || other === undefined ? undefined : { found: `${own.toFixed(0)} KB, ${other.toFixed(0)}`, isMet: own < other }
  }
}

function added(which: 'added50' | 'added99', most: number): Look {
  return (report) => {
    const figure = report.latency.find(({ peer }) => peer === OWN)?.[which]
    if (figure === undefined) return undefined
    const range = `${figure.lowest.toFixed(3)}–${figure.highest.toFixed(3)}`
    return { found: `${figure.median.toFixed(3)} ms (${range})`, isMet: figure.median <= most }
  }
}

const idleMost: Look = (report) => {
  const own = idleKilobytes(report, OWN)
  return own === undefined ? undefined : { found: `${own.toFixed(0)} KB`, isMet: own <= 60 }
}

const handOff: Look = ({ scaling }) => {
  if (scaling === undefined) return undefined
  const { median: middle, lowest, highest, rounds } = scaling.hand_off.extra_us
  return { found: `${middle.toFixed(0)} µs (${lowest.toFixed(0)}–${highest.toFixed(0)} in ${rounds} pairs)`, isMet: middle <= 100 }
}

const observation: Look = ({ own }) => {
  const [off, ...on] = own[0]?.figures ?? []
  const dearest = on
    .map(({ costs }) => costs.map((cost, round) => cost / (off?.costs[round] ?? Number.NaN)))
    .toSorted((a, b) => median(b) - median(a))[0]
  return judged(dearest ?? [], 1.25, ' × off, the dearer of metadata and bodies')
}

const twoShards: Look = ({ simulation, scaling }) => {
  const two = simulation?.skewed.find(({ shards }) => shards === 2)
  if (two === undefined || scaling === undefined) return undefined
  const { main, shards } = scaling.connection_us
  return {
    found: `${two.speedUp.toFixed(2)} ×, simulated; the acceptor has ${main.toFixed(0)} µs of a connection, a shard ${shards.toFixed(0)}`,
    isMet: two.speedUp >= 1.7,
  }
}

const written: Look = ({ events }) => {
  if (events === undefined) return undefined
  const dearest = Math.max(...Object.values(events.writeNs)) / 1_000
  return { found: `${dearest.toFixed(2)} µs, the dearest of ${Object.keys(events.writeNs).length} kinds`, isMet: dearest <= 1 }
}

const crossed: Look = ({ events }) =>
  events && { found: `${(events.crossingPerSecond / 1e6).toFixed(1)} M/s`, isMet: events.crossingPerSecond >= 1e6 }

const sunk: Look = ({ events }) => {
  const rate = events?.aggregatedPerSecond['NDJSON sink']
  return rate === undefined ? undefined : { found: `${(rate / 1e3).toFixed(0)} k/s`, isMet: rate >= 150_000 }
}

const dropped: Look = ({ totals }) => {
  if (totals.length === 0) return undefined
  const lost = totals.reduce((sum, total) => sum + total.dropped, 0)
  const told = totals.reduce((sum, total) => sum + total.told, 0)
  return { found: `${lost} of ${told}, all workloads above`, isMet: lost === 0 }
}

/** Peers that speak HTTP/2 and terminate it. */
const HTTP2_PEERS = [NGINX, 'haproxy (reverse proxy)', 'hudsucker + HTTP/2', 'goproxy + HTTP/2', 'mitmproxy', 'mockttp']

const TARGETS: readonly (readonly [work: string, target: string, look: Look])[] = [
  ['small HTTP/1.1 request, CPU', '≤ 0.6 × squid', atMost('small', SQUID, 0.6)],
  ['', '≤ 1.6 × nginx', atMost('small', NGINX, 1.6)],
  ['', '≤ 1/25 mitmproxy', atMost('small', 'mitmproxy', 1 / 25)],
  ['', 'below hudsucker', atMost('small', 'hudsucker', 1)],
  ['', 'below goproxy', atMost('small', 'goproxy', 1)],
  ['small HTTP/2 request, CPU', '≤ 0.5 × own HTTP/1.1', (report) => judged(ratios(report, 'small', OWN, 'http2'), 0.5, '')],
  ...HTTP2_PEERS.map((peer) => ['', `below ${peer}`, atMost('http2', peer, 1)] as const),
  ['bodies of 1 MiB, CPU', '≤ 1.0 × nginx', atMost('1m', NGINX, 1)],
  ['', '≤ 0.8 × squid', atMost('1m', SQUID, 0.8)],
  ['bodies of 100 MiB, CPU', '≤ 1.0 × nginx', atMost('100m', NGINX, 1)],
  ['', '≤ 0.8 × squid', atMost('100m', SQUID, 0.8)],
  ['new connection to a warm host, CPU', '≤ 0.35 × squid', atMost('connection', SQUID, 0.35)],
  ['the same, the origin’s connection reused', '≤ 0.2 × squid', atMost('reused', SQUID, 0.2)],
  ['', 'level with hudsucker', atMost('reused', 'hudsucker', LEVEL)],
  ['first connection to a new host, CPU', '≤ 0.5 × squid', atMost('new-host', SQUID, 0.5)],
  ['hand-off to a shard, CPU of a connection', '≤ 100 µs', handOff],
  ['idle session, memory', '≤ 60 KB', idleMost],
  ...['mitmproxy', SQUID, 'hudsucker'].map((peer) => ['', `below ${peer}`, idleBelow(peer)] as const),
  ['latency added to a small request', 'p50 ≤ 0.25 ms', added('added50', 0.25)],
  ['', 'p99 ≤ 1 ms', added('added99', 1)],
  ['observation on or off, CPU', '≤ 1.25 ×', observation],
  ['two shards for one', '≥ 1.7 ×', twoShards],
  ['writing an event', '≤ 1 µs', written],
  ['events through a ring', '≥ 1 M/s', crossed],
  ['events dropped', '0', dropped],
  ['NDJSON sink', '≥ 150 k/s', sunk],
]

export function targets(report: Report): Found[] {
  return TARGETS.map(([work, target, look]) => {
    const seen = look(report)
    return { work, target, found: seen?.found ?? '', isMet: seen?.isMet }
  })
}
