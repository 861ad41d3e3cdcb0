/** parseFaultText: the grammar of `--fault`: names, probabilities, conditions, typed keys, JSON; and what is wrong. */

import t from 'tap'
import { parseFaultText } from '../../../src/shared/faults/fault-text.ts'
import { ProfileLibrary } from '../../../src/shared/faults/profiles/profile-library.ts'
import { ConfigError } from '../../../src/shared/options/problems/config-error.ts'

const library = new ProfileLibrary()
const parse = (text: string) => parseFaultText(text, library)

t.test('profiles, with their own conditions where none is given', async (t) => {
  const path = ['/v1/messages', '/v1/messages/*']
  t.same(parse('anthropic:529@0.1,host=localhost'), {
    match: { host: 'localhost', path },
    fault: { profile: 'anthropic:529', probability: 0.1 },
  })
  t.same(parse('anthropic'), { match: { host: 'api.anthropic.com', path }, fault: { profile: 'anthropic' } })
  t.same(parse('anthropic:529,path=/x,path=/y,every=3,times=2'), {
    match: { host: 'api.anthropic.com', path: ['/x', '/y'] },
    fault: { profile: 'anthropic:529', every: 3, times: 2 },
  })
  t.same(parse('anthropic:reset').match, { host: 'api.anthropic.com' }, 'those of the entry')
  t.same(parse('flaky-network@10%'), { match: {}, fault: { profile: 'flaky-network', probability: 0.1 } })
})

t.test('kinds, with values as their keys take them', async (t) => {
  const cases: readonly (readonly [text: string, fault: object])[] = [
    ['latency@1,ms=200,host=.a', { kind: 'latency', probability: 1, ms: 200 }],
    ['respond,status=429,body=12,fields.retry-after=2', { kind: 'respond', status: 429, body: '12', fields: { 'retry-after': '2' } }],
    ['respond,body={"a":[1,"},"]},status=500', { kind: 'respond', body: { a: [1, '},'] }, status: 500 }],
    ['respond,body="a,b\\"c"', { kind: 'respond', body: 'a,b"c' }],
    ['sse,at.event=3,at.in_utf8=true,action=stall', { kind: 'sse', at: { event: 3, in_utf8: true }, action: 'stall' }],
    ['h2_reset,before_head=false,schedule.duration_ms=10', { kind: 'h2_reset', before_head: false, schedule: { duration_ms: 10 } }],
    ['latency,ms=soon', { kind: 'latency', ms: 'soon' }],
    ['latency,mz=4', { kind: 'latency', mz: '4' }],
  ]
  for (const [text, fault] of cases) t.strictSame(parse(text).fault, fault, text)
  t.strictSame(parse('latency,ms=1,port=443,client=10.0.0.0/8').match, { port: 443, client: '10.0.0.0/8' })
})

t.test('names that every object has are keys like others', async (t) => {
  t.strictSame(parse('latency,constructor=1,toString.x=2').fault, { kind: 'latency', constructor: '1', toString: { x: '2' } })
})

t.test('any text is taken or refused with a remedy, and nothing else is thrown', async (t) => {
  const parts = [
    'latency',
    'anthropic:529',
    '@',
    '0.5',
    ',',
    '=',
    '.',
    '{',
    '"',
    ']',
    'ms',
    'host',
    '__proto__',
    'constructor',
    ' ',
    'é',
    '%',
    '1e9',
    ':',
  ]
  let state = 7
  for (let n = 0; n < 3_000; n++) {
    let text = ''
    for (let count = (state % 9) + 1; count > 0; count--) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1
      text += parts[state % parts.length]
    }
    try {
      parse(text)
    } catch (error) {
      if (!(error instanceof ConfigError) || error.problems[0].remedy === '') throw error
    }
  }
  t.pass('3,000 texts')
})

t.test('what is wrong', async (t) => {
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ['', /"" names no fault; write profile:entry/],
    ['@1', /names no fault/],
    ['latency@1@2', /names no fault/],
    ['latncy', /neither a profile nor a kind of fault; did you mean "latency"/],
    ['anthropic:530', /no entry "530"/],
    ['nobody:1', /no profile "nobody"/],
    ['latency@x', /"x" is no probability/],
    ['latency@', /"" is no probability/],
    ['latency@1.5', /no probability/],
    ['latency,ms', /"ms" is no key=value/],
    ['latency,=1', /no key=value/],
    ['respond,body={a', /is no JSON/],
    ['latency,ms=1,ms=2', /"ms" is given twice; keep one of the two/],
    ['latency,ms=1,,host=a', /"" is no key=value/],
    ['anthropic:', /no entry ""/],
    ['latency,__proto__.x=1', /"__proto__.x" is no key/],
    ['respond,fields.__proto__=1', /is no key/],
  ]
  for (const [text, message] of cases) t.throws(() => parse(text), { name: 'ConfigError', message }, text)
})
