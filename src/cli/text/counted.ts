/**
 * counted: a number and what it counts, as in `1 rule`, `2 rules`. Main thread.
 */

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
