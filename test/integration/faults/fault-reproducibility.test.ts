/**
 * The same seed and the same traffic give the same faults: 5,000 flows, several at a time, on two workers, twice. What each flow was
 * given is the same to the octet, whatever the interleaving.
 */

import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { startHttpOrigin } from '../../support/test-origin.ts'

/** Below 20 s on an idle machine. */
t.setTimeout(600_000)

const FLOWS = 5_000
const AT_A_TIME = 20
const BODY = 'x'.repeat(400)

const rules: NonNullable<EngineOptionsInput['rules']> = [
  {
    name: 'network',
    fault: [
      { kind: 'refuse', probability: 0.03 },
      { kind: 'close_after_connect', probability: 0.03 },
      { kind: 'limit_bytes', bytes: 700, probability: 0.05 },
      { kind: 'latency', distribution: 'uniform', max_ms: 2, probability: 0.05 },
    ],
  },
  {
    name: 'answers',
    match: { path: '/first*' },
    fault: [
      { kind: 'respond', status: 529, probability: 0.1 },
      { kind: 'truncate_body', after_bytes: 100, ending: 'clean', probability: 0.1 },
      { kind: 'first_byte_delay', distribution: 'uniform', max_ms: 2, probability: 0.1 },
    ],
  },
]

/** What is sent over one connection: a CONNECT, and two requests, each when the answer before it is whole. */
function visit(harness: EngineHarness, port: number): Promise<void> {
  return new Promise((resolve) => {
    const sends = ['/first', '/second'].map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const socket: Socket = connect(harness.proxyPort, '127.0.0.1')
    let said = ''
    socket.write(`CONNECT localhost:${port} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`)
    socket.on('data', (octets) => {
      said += octets.toString('latin1')
      if (!isWhole(said)) return
      said = ''
      const next = sends.shift()
      if (next === undefined) socket.end()
      else socket.write(next)
    })
    socket.on('error', () => socket.destroy()).on('close', () => resolve())
  })
}

/** Whether an answer has come to its end: by its length, its last chunk, or with its head where it has no body. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n') + 4
  if (end === 3) return false
  const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0)
  return /transfer-encoding/i.test(answer) ? answer.endsWith('0\r\n\r\n') : answer.length >= end + length
}

/** By number of the flow: what was injected, in order. */
async function injections(t: Test, seed: number): Promise<Map<string, string>> {
  const origin = await startHttpOrigin((_request, response) => void response.setHeader('Content-Length', BODY.length).end(BODY))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { workers: 2, fault_seed: seed, rules })
  let left = FLOWS
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      while (left-- > 0) await visit(harness, origin.port)
    }),
  )
  await harness.settled(FLOWS)
  const byFlow = new Map<string, string>()
  for (const { flow_id, rule, fault, kind, phase, exchange, position, unit, intended, applied } of harness.named('fault_injected')) {
    const number = flow_id.slice(flow_id.lastIndexOf('-') + 1)
    const told = JSON.stringify([rule, fault, kind, phase, exchange, position, unit, intended, applied])
    byFlow.set(number, `${byFlow.get(number) ?? ''}${told}\n`)
  }
  return byFlow
}

t.test(`${FLOWS} flows twice`, async (t) => {
  const first = await injections(t, 7)
  const second = await injections(t, 7)
  const kinds = new Set([...first.values()].flatMap((told) => told.trim().split('\n')).map((line) => JSON.parse(line)[2]))
  t.equal(kinds.size, 7, `each kind was injected: ${[...kinds]}`)
  t.ok(first.size > FLOWS * 0.25, `${first.size} flows had faults`)
  const differing = [...first].filter(([flow, told]) => second.get(flow) !== told)
  t.same(
    differing.slice(0, 3).map(([flow, told]) => [told, second.get(flow)]),
    [],
    `${differing.length} flows differ`,
  )
  t.equal(second.size, first.size)
})
