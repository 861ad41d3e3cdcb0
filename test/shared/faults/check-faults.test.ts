/** What is refused of a rule's faults, with path, reason and remedy, and what is taken. */

import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { ConfigError } from '../../../src/shared/options/problems/config-error.ts'

type Case = readonly [name: string, rule: object, path: string, reason: RegExp]

const REFUSED: readonly Case[] = [
  ['a kind with a typing error', { fault: { kind: 'latncy' } }, 'kind', /unknown kind "latncy"/],
  ['a key of another kind', { fault: { kind: 'latency', bytes: 1 } }, 'bytes', /unknown option/],
  ['neither kind nor profile', { fault: { every: 2 } }, 'profile', /is missing/],
  ['a number out of bounds', { fault: [{ kind: 'slice', bytes: 0 }] }, '0.bytes', /from 1 to 65536, got 0/],
  ['what a kind needs', { fault: { kind: 'bandwidth' } }, 'bytes_per_second', /is missing/],
  ['an empty list', { fault: [] }, '', /non-empty list/],
  ['every beside probability', { fault: { kind: 'refuse', every: 2, probability: 0.5 } }, '0.every', /beside/],
  [
    'a schedule within a schedule',
    { fault: { kind: 'refuse', schedule: { duration_ms: 2, period_ms: 1 } } },
    '0.schedule',
    /longer than its period/,
  ],
  ['another distribution’s key', { fault: { kind: 'latency', min_ms: 5 } }, '0.min_ms', /"uniform"/],
  ['a range the wrong way round', { fault: { kind: 'latency', distribution: 'uniform', min_ms: 5, max_ms: 1 } }, '0.max_ms', /less than/],
  ['a reset without a place', { fault: { kind: 'reset' } }, '0.kind', /one of/],
  ['a reset with two', { fault: { kind: 'reset', after_ms: 1, after_bytes: 1 } }, '0.kind', /one of/],
  ['pieces of nothing', { fault: { kind: 'slice', bytes: 4, variation: 4 } }, '0.variation', /without an octet/],
  ['a connection fault by path', { match: { path: '/x' }, fault: { kind: 'latency', ms: 1 } }, '0.kind', /before its requests/],
  ['a handshake fault by method', { match: { method: 'GET' }, fault: { kind: 'tls_abort' } }, '0.kind', /before its requests/],
  ['a refusal by SNI', { match: { sni: 'a.example' }, fault: { kind: 'refuse' } }, '0.kind', /before there is a ClientHello/],
  ['a black hole at connect by SNI', { match: { sni: 'a.example' }, fault: { kind: 'blackhole', at: 'connect' } }, '0.kind', /ClientHello/],
  ['octets before a black hole at connect', { fault: { kind: 'blackhole', at: 'connect', after_bytes: 1 } }, '0.after_bytes', /no meaning/],
  ['a rule that blocks', { action: 'block', fault: { kind: 'latency', ms: 1 } }, '0.kind', /blocks/],
  ['two places of a stream', { fault: { kind: 'sse', at: { event: 1, bytes: 1 } } }, '0.at', /two places/],
  ['no place of a stream', { fault: { kind: 'sse', at: {} } }, '0.at', /no place/],
  ['two places within an event', { fault: { kind: 'sse', at: { in_utf8: true, in_data_line: true } } }, '0.at', /two places/],
  ['a whole event in a character', { fault: { kind: 'sse', at: { in_utf8: true }, action: 'drop' } }, '0.action', /whole events/],
  ['a type of two lines', { fault: [{ kind: 'sse_drop_type', type: 'a\nb' }] }, '0.type', /got "a\\nb"/],
  ['a code that no frame carries', { fault: { kind: 'websocket', code: 1006 } }, '0.code', /must not be sent/],
  ['a reason too long for a frame', { fault: { kind: 'websocket', reason: 'é'.repeat(62) } }, '0.reason', /more than 123 octets/],
  ['upstream, after the handshake', { fault: { kind: 'tls_abort', side: 'upstream', at: 'application_data' } }, '0.at', /no stage/],
]

for (const [name, rule, path, reason] of REFUSED) {
  t.test(name, async (t) => {
    try {
      parseOptions({ rules: [{ match: {}, ...rule }] } as never)
      t.fail('it was taken')
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      const [problem] = error.problems
      t.equal(problem.path.slice(3).join('.'), path)
      t.match(problem.reason, reason)
      t.not(problem.remedy, '')
    }
  })
}

t.test('what is taken is a list, fully defaulted; keys of bodies and fields are the user’s own', async (t) => {
  const { rules } = parseOptions({
    rules: [
      { match: {}, fault: { kind: 'latency', ms: 5 } },
      {
        match: { sni: 'a.example' },
        fault: [{ kind: 'reset', afterMs: 5, schedule: { durationMs: 4 } } as never, { kind: 'tls_abort', every: 3, probability: 1 }],
      },
      { match: { path: '/x' }, fault: { kind: 'respond', body: { errorType: 1 }, fields: { 'X-Thing': 'a' } } },
      { match: {}, fault: { kind: 'sse' } },
    ],
  })
  t.match(rules[0]?.fault, [{ kind: 'latency', direction: 'both', distribution: 'fixed', ms: 5, probability: 1, skip: 0 }])
  t.match(rules[1]?.fault, [
    { after_ms: 5, schedule: { start_ms: 0, duration_ms: 4 } },
    { at: 'client_hello', how: 'fin', every: 3 },
  ])
  t.match(rules[2]?.fault, [{ body: { errorType: 1 }, fields: { 'X-Thing': 'a' }, status: 500 }])
  t.match(rules[3]?.fault, [{ at: { before_first: true }, action: 'cut' }])
  t.ok(Object.isFrozen(rules[2]?.fault?.[0]))
})
