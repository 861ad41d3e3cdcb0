/**
 * CounterGrid: counters over closed label lists, as one array of numbers.
 *
 * An increment is an addition to one array element: label objects and hashed label keys, which make a prom-client increment
 * cost about a microsecond, are made at the scrape only. Up to three labels. Aggregator thread.
 */

import type { Sample } from './sample.ts'

export class CounterGrid {
  readonly #names: readonly string[]
  readonly #values: readonly (readonly string[])[]
  readonly #stride1: number
  readonly #stride2: number
  readonly #cells: Float64Array
  readonly #zeros: boolean

  /** `zeros`: show cells that were never incremented, so that rates see the first increment; only for small grids. */
  constructor(labels: Readonly<Record<string, readonly string[]>>, zeros = false) {
    this.#names = Object.keys(labels)
    this.#values = Object.values(labels)
    this.#stride2 = this.#values[2]?.length ?? 1
    this.#stride1 = (this.#values[1]?.length ?? 1) * this.#stride2
    this.#cells = new Float64Array((this.#values[0]?.length ?? 1) * this.#stride1)
    this.#zeros = zeros
  }

  /** Adds `amount` to the cell at these positions in the label lists. */
  add(first: number, second = 0, third = 0, amount = 1): void {
    const cell = first * this.#stride1 + second * this.#stride2 + third
    this.#cells[cell] = (this.#cells[cell] as number) + amount
  }

  samples(): Sample[] {
    const samples: Sample[] = []
    for (let cell = 0; cell < this.#cells.length; cell++) {
      const value = this.#cells[cell] as number
      if (value !== 0 || this.#zeros) samples.push({ labels: this.labelsOf(cell), value })
    }
    return samples
  }

  /** The label values of a cell number, in the order of the constructor. */
  labelsOf(cell: number): Record<string, string> {
    const positions = [Math.floor(cell / this.#stride1), Math.floor((cell % this.#stride1) / this.#stride2), cell % this.#stride2]
    const labels: Record<string, string> = {}
    for (const [label, name] of this.#names.entries()) labels[name] = this.#values[label]?.[positions[label] as number] ?? ''
    return labels
  }
}
