/**
 * Criteria: what must hold after a load test, each a sentence with its figure.
 */

export interface Criterion {
  readonly name: string
  readonly passed: boolean
  readonly detail: string
}

export class Criteria {
  readonly list: Criterion[] = []

  check(name: string, passed: boolean, detail: string): void {
    this.list.push({ name, passed, detail })
  }

  get failed(): number {
    return this.list.filter(({ passed }) => !passed).length
  }
}
