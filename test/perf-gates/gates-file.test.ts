/**
 * gates.json says for each gate what it protects, what was measured and when; and its budget follows from margin and measurement.
 */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { REPOSITORY } from '../support/kept-equal.ts'

interface Gate {
  readonly name: string
  readonly protects: string
  readonly margin: number
  readonly measured: number
  readonly budget: number
  readonly date: string
}

const { gates } = JSON.parse(readFileSync(`${REPOSITORY}perf-gates/gates.json`, 'utf8')) as { gates: Gate[] }

for (const { name, protects, margin, measured, budget, date } of gates) {
  t.test(name, async (t) => {
    t.ok(protects.length > 10, 'says what it protects')
    t.match(date, /^\d{4}-\d\d-\d\d$/)
    t.ok(measured > 0 && margin > 0 && margin <= 0.5)
    t.ok(Math.abs(budget - measured * (1 + margin)) <= 0.011, `${budget} is ${measured} and ${margin * 100} %`)
  })
}
