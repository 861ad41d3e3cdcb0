/**
 * The peers report: report.json for machines, REPORT.md for people with the targets first, report.svg with the figures that say most.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spreadOf } from '../support/statistics.ts'
import type { ThreadCpu } from '../support/thread-cpu.ts'
import { type Bar, chart, type Panel } from './chart.ts'
import type { EventCosts, EventTotals, Figure, LatencyFigure, Participant, Report, RuntimeFigure, Spread } from './figures.ts'
import { targets } from './targets.ts'
import { WORKLOADS } from './workloads.ts'

export function writeReport(report: Report, folder: string): void {
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify({ ...report, targets: targets(report) }, null, 2)}\n`)
  writeFileSync(join(folder, 'REPORT.md'), markdown(report))
  writeFileSync(join(folder, 'report.svg'), chart(panels(report)))
}

function table(head: readonly string[], rows: readonly (readonly string[])[], leftColumns = 1): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, column) => (column < leftColumns ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

function markdown(report: Report): string {
  const { machine } = report
  const parts = [
    `# The engine beside its peers

Made by \`npm run peers\`, on ${machine.date} UTC. Same origin, same load, one run, rounds interleaved with their order reversed every
other time, every contender warmed up by 1.2 s of its CPU before; CPU time of all processes of each proxy, from /proc. Everybody verifies
the origin. Medians of ${report.rounds} rounds, lowest and highest behind. Compare ratios within this report, never absolute figures between machines.

- machine: ${machine.cpu}, ${machine.cores} cores shared by proxy, origin and load, ${machine.memory_gib} GiB, Linux ${machine.kernel}
- the run took ${report.minutes.toFixed(0)} minutes; load average at start ${machine.load_average.join(', ')}, at the end ${report.loadAfter.join(', ')}
- Node ${machine.node}, OpenSSL ${machine.openssl}; origin: ${report.origin}, TLS 1.3
- left out: ${report.missing.length === 0 ? 'nobody and nothing' : report.missing.join('; ')}`,
    section('The targets', targetsTable(report)),
    '![CPU of small requests, new connections and bodies, memory of idle sessions](report.svg)',
    ...WORKLOADS.filter(({ name }) => report.figures[name] !== undefined).map(({ name, title, unit }) =>
      section(title, figuresTable(report.figures[name] ?? [], unit)),
    ),
    section('Latency of a small request on one connection, nothing else going on', latencyTable(report.latency)),
    section(
      'Memory',
      `Per idle session, ${report.sessions} sessions with one request made on each, against the same process before they came; peak resident over all of
the work above.\n\n${memoryTable(report)}`,
    ),
    ...report.own.map(({ title, note, unit, figures }) =>
      section(title, `${note === undefined ? '' : `${note}\n\n`}${figuresTable(figures, unit)}`),
    ),
    scalingSection(report),
    section('Events', eventsText(report.totals, report.events)),
    section(
      'What Node tells: garbage collection, allocation, event loop, events',
      `The engine with its sessions on the main thread (\`workers: 0\`), and the bare relay; warm. Delay: how late a timer of 1 ms came.

${runtimeTable(report.runtime)}`,
    ),
    section('Who took part', participants(report.peers)),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function section(title: string, text: string): string {
  return `## ${title}\n\n${text}`
}

function targetsTable(report: Report): string {
  const all = targets(report)
  const measured = all.filter(({ isMet }) => isMet !== undefined)
  const mark = (isMet: boolean | undefined) => (isMet === undefined ? '–' : isMet ? 'met' : '**missed**')
  return `${measured.filter(({ isMet }) => isMet).length} of ${measured.length} met in this run. Ratios are the engine's cost over the peer's. What stands in the way of the others, and
what was tried: [docs/performance-tries.md](../docs/performance-tries.md).

${table(
  ['', 'target', 'found (lowest–highest round)', ''],
  all.map(({ work, target, found, isMet }) => [work, target, found === '' ? 'not measured' : found, mark(isMet)]),
  4,
)}`
}

const digitsOf = (unit: string) => (unit.startsWith('µs') ? 1 : 2)
const range = ({ lowest, highest }: Spread, digits: number) => `${lowest.toFixed(digits)}–${highest.toFixed(digits)}`

function figuresTable(figures: readonly Figure[], unit: string): string {
  const own = figures[0]?.costs ?? []
  const digits = digitsOf(unit)
  return table(
    ['', unit, 'range', `${figures[0]?.peer} is`, 'range', 'per second', 'operations', 'failed'],
    figures.map((figure) => {
      const { peer, costs, operations, perSecond, failed, failures } = figure
      const ratios = spreadOf(costs.flatMap((cost, round) => (own[round] === undefined ? [] : [own[round] / cost])))
      const told = [
        figure.median.toFixed(digits),
        range(figure, digits),
        `${ratios.median.toFixed(2)} ×`,
        range(ratios, 2),
        perSecond.toFixed(perSecond < 10 ? 1 : 0),
      ]
      return [
        peer,
        ...(operations === 0 ? told.map(() => '–') : told),
        String(operations),
        failed === 0 ? '0' : `${failed} (${failures.join(', ')})`,
      ]
    }),
  )
}

function latencyTable(figures: readonly LatencyFigure[]): string {
  return table(
    ['', 'p50 ms', 'p99 ms', 'p50 added', 'range', 'p99 added', 'range'],
    figures.map(({ peer, p50, p99, added50, added99 }) => [
      peer,
      p50.toFixed(3),
      p99.toFixed(3),
      added50.median.toFixed(3),
      range(added50, 3),
      added99.median.toFixed(3),
      range(added99, 3),
    ]),
  )
}

function scalingSection({ scaling, simulation }: Report): string {
  if (scaling === undefined || simulation === undefined) return ''
  const { hand_off: handOff, connection_us: connection, request_us: request, shards_to_fill: fill } = scaling
  const { median, lowest, highest, rounds } = handOff.extra_us
  const cells = ({ main, shards, aggregator, helpers }: ThreadCpu) => [main, shards, aggregator, helpers].map((micros) => micros.toFixed(1))
  return section(
    'How far it scales with cores',
    `By the kernel's clock of each thread (\`bench/shard-scaling.bench.ts\`), one worker; medians.

${table(
  ['µs of CPU', 'acceptor', 'shard', 'aggregator', 'helpers'],
  [
    ['a tunnelled connection, handed to a shard', ...cells(handOff.on_worker_by_thread_us)],
    ['an intercepted connection with one request', ...cells(connection)],
    ['a small keep-alive request', ...cells(request)],
  ],
)}

**The hand-off** costs ${median.toFixed(0)} µs (${lowest.toFixed(0)} to ${highest.toFixed(0)} in ${rounds} pairs): what a tunnel costs more on a worker (${handOff.on_worker_us.toFixed(0)} µs) than inline (${handOff.inline_us.toFixed(0)} µs), all threads
counted. With nothing but new connections the acceptor's core is full at ${fill.acceptor_with_connections} shards and the aggregator's at ${fill.aggregator_with_connections}; with small requests the aggregator's
at ${fill.aggregator_with_requests}.

**Shards**, simulated with the engine's own choice: ${simulation.load.hosts} hosts asked for very unevenly, ${simulation.load.serviceMs} ms of CPU a connection, cores ${simulation.load.utilization * 100} % busy. Two cores
that carry origin and load as well cannot show it.

${table(
  ['shards', 'do the work of', 'with one host', 'busiest over mean', 'wait p99 ms'],
  simulation.skewed.map(({ shards, speedUp, imbalance, waitP99 }, row) => [
    String(shards),
    speedUp.toFixed(2),
    (simulation.one_host[row]?.speedUp ?? Number.NaN).toFixed(2),
    imbalance.toFixed(2),
    waitP99.toFixed(0),
  ]),
)}`,
  )
}

function eventsText(totals: readonly EventTotals[], costs: EventCosts | undefined): string {
  const told = table(
    ['', 'events told in all workloads above', 'dropped'],
    totals.map(({ peer, told, dropped }) => [peer, String(told), String(dropped)]),
  )
  if (costs === undefined) return told
  const { writeNs, crossingPerSecond, aggregatedPerSecond } = costs
  const rows = [
    ...Object.entries(writeNs).map(([event, nanoseconds]) => [`write ${event}`, `${nanoseconds.toFixed(0)} ns`]),
    ['through a ring, thread to thread', `${(crossingPerSecond / 1e6).toFixed(2)} M/s`],
    ...Object.entries(aggregatedPerSecond).map(([what, rate]) => [`the aggregator, ${what}`, `${(rate / 1e3).toFixed(0)} k/s`]),
  ]
  return `${told}\n\nBy themselves (\`bench/ring.bench.ts\`, \`bench/ndjson-sink.bench.ts\`):\n\n${table(['', 'one event'], rows)}`
}

function participants(peers: readonly Participant[]): string {
  const who = table(
    ['peer', 'version', 'set up as'],
    peers.map(({ name, version, description }) => [name, version, description]),
    3,
  )
  const blocks = peers.map(
    ({ name, configuration }) => `<details><summary>${name}</summary>\n\n\`\`\`text\n${configuration}\n\`\`\`\n\n</details>`,
  )
  return `${who}\n\nCommand lines and configurations; the programs of ours that some of them run are in \`bench/peers/\`.\n\n${blocks.join('\n')}`
}

function runtimeTable(figures: readonly RuntimeFigure[]): string {
  const told = (value: number | undefined, digits: number) => (value === undefined ? '–' : value.toFixed(digits))
  return table(
    [
      '',
      'GC % of time',
      'GC µs each',
      'KB allocated each',
      'delay ms p50',
      'p99',
      'highest',
      'events each',
      'dropped',
      'operations',
      'failed',
    ],
    figures.map(({ subject, workload, operations, failed, gcPercent, gcMicros, allocatedKilobytes, delay, events, dropped }) => [
      `${subject}: ${workload}`,
      gcPercent.toFixed(1),
      gcMicros.toFixed(1),
      told(allocatedKilobytes, 1),
      delay.p50.toFixed(2),
      delay.p99.toFixed(1),
      delay.max.toFixed(0),
      told(events, 1),
      told(dropped, 0),
      String(operations),
      String(failed),
    ]),
  )
}

function memoryTable(report: Report): string {
  return table(
    ['', 'KB per idle session', 'MB before', 'peak MB under load', 'failed'],
    report.peaks.map(({ peer, megabytes }) => {
      const idle = report.idle.find((figure) => figure.peer === peer)
      return [peer, idle?.kilobytes.toFixed(0) ?? '–', idle?.base.toFixed(0) ?? '–', megabytes.toFixed(0), String(idle?.failed ?? '–')]
    }),
  )
}

/** The work that says most, a panel each. */
function panels(report: Report): Panel[] {
  const of = (workload: string, title: string, digits: number): Panel => ({
    title,
    digits,
    bars: (report.figures[workload] ?? []).filter(({ costs }) => costs.length > 0).map(({ peer, median }) => bar(peer, median)),
  })
  return [
    of('small', 'Small keep-alive request, µs CPU', 0),
    of('http2', 'Small HTTP/2 request, µs CPU', 0),
    of('connection', 'New connection to a warm host, ms CPU', 2),
    of('reused', 'The same, the origin’s connection reused, ms CPU', 2),
    of('1m', 'Bodies of 1 MiB, s CPU per GB', 2),
    { title: 'Idle session, KB', digits: 0, bars: report.idle.map(({ peer, kilobytes }) => bar(peer, kilobytes)) },
  ]
}

/** Those that see no plaintext requests, or serve no CONNECT. */
const RELAYS = /reverse proxy|bare relay/

function bar(name: string, value: number): Bar {
  return {
    name: name.replace(/ \(.*\)/, ''),
    value,
    kind: name.startsWith('soth-mitm') ? 'own' : RELAYS.test(name) ? 'relays' : 'intercepts',
  }
}
