/**
 * measure: the median throughput of a function over a few runs after a warm-up. Prints MB/s.
 */

const WARM_UP_RUNS = 5
const RUNS = 9

/** `run` does the work once and returns the octets it handled. */
export function measure(name: string, run: () => number): void {
  for (let i = 0; i < WARM_UP_RUNS; i++) run()
  const rates: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const start = process.hrtime.bigint()
    const octets = run()
    rates.push((octets * 1_000) / Number(process.hrtime.bigint() - start))
  }
  rates.sort((a, b) => a - b)
  console.log(`${name}: ${Math.round(rates[RUNS >> 1] as number)} MB/s`)
}
