/**
 * "Did you mean": the known name nearest to a mistyped one, by edit distance. For option keys and CLI words.
 *
 * Names longer than any of ours are not compared at all, so that a hostile key costs nothing. No thread of its own.
 */

/** Longer than every name we know; the distance table is quadratic in it. */
const MAX_NAME_LENGTH = 64

/** The nearest of `names`, or undefined when none is near: at most a third of the letters may differ. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return undefined
  let nearest: string | undefined
  let distance = Math.floor(name.length / 3) + 1
  for (const candidate of names) {
    const found = editDistance(name.toLowerCase(), candidate)
    if (found < distance) {
      nearest = candidate
      distance = found
    }
  }
  return nearest
}

/** Optimal string alignment: insertions, deletions, substitutions and swapped neighbours cost 1 each. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) cost = Math.min(cost, (before[column - 2] ?? 0) + 1)
      current.push(cost)
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
