/** decideByHello: over the forms of an SNI and the actions of rules: which name decides, what is told, and what a block sends. */

import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { Policy } from '../../../src/shared/policy/policy.ts'
import { policyImage } from '../../../src/shared/policy/policy-image.ts'
import type { Session } from '../../../src/workers/session.ts'
import { SessionFailure } from '../../../src/workers/session-failure.ts'
import { decideByHello } from '../../../src/workers/stages/hello-decision.ts'
import { bareHello } from '../../support/octets/bare-hello.ts'

const POLICY = new Policy(
  policyImage(
    parseOptions({
      ignore_hosts: ['ignored.example'],
      rules: [
        { name: 'in', match: { host: 'in.example' }, action: 'intercept' },
        { name: 'out', match: { host: 'out.example' }, action: 'tunnel' },
        { name: 'no', match: { host: 'no.example' }, action: 'block' },
        { match: { host: 'carried.example' }, observe: 'none' },
      ],
    }),
  ),
)

interface Told {
  readonly name: string
  readonly values: Record<string, unknown>
}

function decide(host: string, sni: string | undefined): { outcome: boolean | SessionFailure; told: Told[]; rule: string; observe: string } {
  const ticket = { host, port: 443, clientIp: '127.0.0.1' }
  const told: Told[] = []
  const session = {
    context: { policy: POLICY },
    ticket,
    decision: POLICY.decideConnect({ host, port: 443, client: ticket.clientIp, nowMs: 0 }),
    emit: (name: string, values: Record<string, unknown>) => told.push({ name, values }),
  }
  let outcome: boolean | SessionFailure
  try {
    outcome = decideByHello(session as unknown as Session, bareHello({ sni }))
  } catch (error) {
    if (!(error instanceof SessionFailure)) throw error
    outcome = error
  }
  return { outcome, told, rule: session.decision.rule, observe: session.decision.options.observe }
}

const TABLE: readonly (readonly [host: string, sni: string | undefined, intercepted: boolean, rule: string, decided: boolean])[] = [
  ['in.example', undefined, true, 'in', false],
  ['in.example', 'in.example', true, 'in', false],
  ['in.example', 'other.example', true, 'in', false],
  ['in.example', 'out.example', false, 'out', true],
  ['in.example', 'ignored.example', false, 'ignore_hosts', true],
  ['192.0.2.1', 'in.example', true, 'in', true],
  ['192.0.2.1', 'out.example', false, 'out', true],
  ['192.0.2.1', undefined, true, 'default', false],
  ['out.example', 'in.example', true, 'in', true],
]

t.test('which name decides', async (t) => {
  for (const [host, sni, intercepted, rule, decided] of TABLE) {
    const { outcome, told, rule: by } = decide(host, sni)
    const name = `CONNECT ${host}, SNI ${sni}`
    t.equal(outcome, intercepted, name)
    t.equal(by, rule, name)
    t.same(
      told.map((event) => event.name),
      [...(decided ? ['connect_decision'] : []), ...(intercepted ? ['tls_client_hello'] : [])],
      `${name}: a tunnel's hello is told by its watch`,
    )
    if (decided) t.match(told[0]?.values, { rule, phase: 'client_hello', code: undefined })
  }
})

t.test('options of rules without an action hold for the name as well, where only the default decides', async (t) => {
  const { rule, observe, told } = decide('192.0.2.1', 'carried.example')
  t.same([rule, observe], ['default', 'none'])
  t.same(
    told.map((event) => event.name),
    ['tls_client_hello'],
  )
  t.equal(decide('in.example', 'carried.example').observe, 'metadata', 'a rule about the CONNECT host decides')
})

t.test('a block tells the hello and sends access_denied', async (t) => {
  const { outcome, told } = decide('192.0.2.1', 'no.example')
  t.match(told, [
    { name: 'connect_decision', values: { decision: 'block', rule: 'no', code: 'policy_blocked' } },
    { name: 'tls_client_hello' },
  ])
  if (!(outcome instanceof SessionFailure)) throw new Error('not blocked')
  t.equal(outcome.reason, 'blocked')
  t.same(outcome.farewell, Buffer.from([21, 3, 3, 0, 2, 2, 49]), 'RFC 8446 §6.2, a fatal alert in clear')
})
