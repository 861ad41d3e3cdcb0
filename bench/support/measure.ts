/**
 * measure: the median throughput of a function over a few runs after a warm-up, in MB per second of CPU time: on a shared
 * machine wall time says more about the neighbours.
 */

const WARM_UP_RUNS = 5
const RUNS = 9

/** `run` does the work once and returns the octets it handled. */
export function measure(name: string, run: () => number): void {
  for (let i = 0; i < WARM_UP_RUNS; i++) run()
  const rates: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const start = process.cpuUsage()
    const octets = run()
    const used = process.cpuUsage(start)
    rates.push(octets / Math.max(1, used.user + used.system))
  }
  rates.sort((a, b) => a - b)
  console.log(`${name}: ${Math.round(rates[RUNS >> 1] as number)} MB/s`)
}
