/**
 * CodePairCounter: counts by two labels of which one is a name that an operator chose, the other a code of ours. Bounded as
 * `code-counter.ts` is: beyond that many pairs the first label reads `other`. Aggregator thread.
 */

import { LABEL_CODES } from '../../shared/limits/aggregator.ts'
import type { Sample } from './sample.ts'

const OTHER = 'other'

interface Cell {
  readonly labels: Readonly<Record<string, string>>
  value: number
}

export class CodePairCounter {
  readonly #first: string
  readonly #second: string
  readonly #cells = new Map<string, Cell>()
  #named = 0

  constructor(first: string, second: string) {
    this.#first = first
    this.#second = second
  }

  add(first: string, second: string): void {
    const cell = this.#cells.get(`${second} ${first}`) ?? this.#open(first, second)
    cell.value++
  }

  samples(): Sample[] {
    return Array.from(this.#cells.values(), ({ labels, value }) => ({ labels: { ...labels }, value }))
  }

  #open(first: string, second: string): Cell {
    const isKnown = this.#named < LABEL_CODES
    const name = isKnown ? first : OTHER
    const key = `${second} ${name}`
    const known = this.#cells.get(key)
    if (known !== undefined) return known
    if (isKnown) this.#named++
    const cell = { labels: { [this.#first]: name, [this.#second]: second }, value: 0 }
    this.#cells.set(key, cell)
    return cell
  }
}
