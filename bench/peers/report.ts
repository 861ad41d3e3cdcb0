/**
 * The peers report: report.json for machines, REPORT.md for people, with a bar chart of small requests.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Figure, LatencyFigure, Report, RuntimeFigure } from './figures.ts'
import { WORKLOADS } from './workloads.ts'

export function writeReport(report: Report, folder: string): void {
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(join(folder, 'REPORT.md'), markdown(report))
  const small = report.figures['small']
  if (small !== undefined) writeFileSync(join(folder, 'report.svg'), chart(small))
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

function markdown(report: Report): string {
  const { machine } = report
  return `# The engine beside its peers

Made by \`npm run peers\`, on ${machine.date} UTC. Same origin, same load, one run, rounds interleaved with their order reversed every
other time, every contender warmed up by 1.2 s of its CPU before; CPU time of all processes of each proxy, from /proc. Medians of ${report.rounds} rounds, lowest and highest behind. Compare
ratios within this report, never absolute figures between machines.

- machine: ${machine.cpu}, ${machine.cores} cores shared by proxy, origin and load, ${machine.memory_gib} GiB, Linux ${machine.kernel}
- the run took ${report.minutes.toFixed(0)} minutes; load average at start ${machine.load_average.join(', ')}, at the end ${report.loadAfter.join(', ')}
- Node ${machine.node}, OpenSSL ${machine.openssl}; origin: ${report.origin}, TLS 1.3

![Small keep-alive request](report.svg)

${WORKLOADS.filter(({ name }) => report.figures[name] !== undefined)
  .map((workload) => `## ${workload.title}\n\n${figuresTable(report.figures[workload.name] ?? [], workload.unit)}`)
  .join('\n\n')}

## Latency of a small request on one connection, nothing else going on

${latencyTable(report.latency)}

## Memory

Per idle session, ${report.sessions} sessions with one request made on each, against the same process before they came; peak resident over all of
the work above.

${memoryTable(report)}

## What Node tells: garbage collection, allocation, event loop, events

The engine with its sessions on the main thread (\`workers: 0\`), and the bare relay; warm. Delay: how late a timer of 1 ms came.

${runtimeTable(report.runtime)}

## The engine against itself

${report.own.map(({ title, unit, figures }) => `### ${title}\n\n${figuresTable(figures, unit)}`).join('\n\n')}

## Who took part

${table(
  ['peer', 'version', 'set up as'],
  report.peers.map(({ name, version, description }) => [name, version, description]),
)}

Configurations: \`bench/peers/\`. Left out: ${report.missing.length === 0 ? 'nobody' : report.missing.join('; ')}.
`
}

function figuresTable(figures: readonly Figure[], unit: string): string {
  const own = figures[0]?.median ?? Number.NaN
  const digits = unit.startsWith('µs') ? 0 : 2
  return table(
    ['', unit, 'range', `${figures[0]?.peer} is`, 'per second', 'operations', 'failed'],
    figures.map(({ peer, median, lowest, highest, operations, perSecond, failed, failures }) => [
      peer,
      ...(operations === 0
        ? ['–', '–', '–', '–']
        : [
            median.toFixed(digits),
            `${lowest.toFixed(digits)}–${highest.toFixed(digits)}`,
            `${(own / median).toFixed(2)} ×`,
            perSecond.toFixed(perSecond < 10 ? 1 : 0),
          ]),
      String(operations),
      failed === 0 ? '0' : `${failed} (${failures.join(', ')})`,
    ]),
  )
}

function latencyTable(figures: readonly LatencyFigure[]): string {
  const direct = figures[0]
  return table(
    ['', 'p50 ms', 'p99 ms', 'p50 added', 'p99 added'],
    figures.map(({ peer, p50, p99 }) => [
      peer,
      p50.toFixed(3),
      p99.toFixed(3),
      (p50 - (direct?.p50 ?? 0)).toFixed(3),
      (p99 - (direct?.p99 ?? 0)).toFixed(3),
    ]),
  )
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

const BAR_HEIGHT = 22
const LABEL_WIDTH = 190
const BAR_WIDTH = 420

/** Horizontal bars on a logarithmic scale, which spans two orders of magnitude. */
function chart(figures: readonly Figure[]): string {
  const known = figures.filter(({ median }) => median > 0)
  const scale = Math.log10(Math.max(...known.map(({ median }) => median)) / 10)
  const bars = known.map(({ peer, median }, row) => {
    const width = (Math.log10(median / 10) / scale) * BAR_WIDTH
    const y = 40 + row * BAR_HEIGHT
    return `<text x="${LABEL_WIDTH - 8}" y="${y + 14}" text-anchor="end">${peer}</text><rect x="${LABEL_WIDTH}" y="${y + 2}" width="${width.toFixed(0)}" height="16" fill="${row === 0 ? '#1a6fb5' : '#9aa7b3'}"/><text x="${LABEL_WIDTH + width + 6}" y="${y + 14}">${median.toFixed(0)}</text>`
  })
  const height = 50 + known.length * BAR_HEIGHT
  return `<svg xmlns="http://www.w3.org/2000/svg" width="700" height="${height}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/><text x="10" y="22" font-size="14">µs of CPU per small keep-alive request (logarithmic)</text>${bars.join('')}</svg>\n`
}
