/**
 * The few statistics that the benchmarks quote.
 */

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** What a quarter of `values` are below, and a quarter above, with `digits` decimals: `lower–upper`. */
export function quartiles(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN).toFixed(digits)
  return `${at(0.25)}–${at(0.75)}`
}

/** `min–max` with `digits` decimals. */
export function range(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`
}

export function spreadOf(values: readonly number[]): { readonly median: number; readonly lowest: number; readonly highest: number } {
  return { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) }
}
