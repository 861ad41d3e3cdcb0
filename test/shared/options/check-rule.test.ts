/** What the schema cannot say of a rule: each refusal with its place, reason and remedy. */

import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'

const REFUSALS: readonly (readonly [name: string, input: unknown, path: string, reason: RegExp, remedy: RegExp])[] = [
  ['a public suffix', { rules: [{ match: { domain: 'co.uk' } }] }, 'rules[0].match.domain[0]', /is a public suffix/, /example\.co\.uk/],
  [
    'a host as domain',
    { rules: [{ match: { domain: 'www.example.co.uk' } }] },
    'rules[0].match.domain[0]',
    /host below the domain example\.co\.uk/,
    /write example\.co\.uk, or \.www/,
  ],
  [
    'a pattern as domain',
    { rules: [{ match: { domain: ['.example.com'] } }] },
    'rules[0].match.domain[0]',
    /no domain name/,
    /match\.host/,
  ],
  [
    'host and domain',
    { rules: [{ match: { host: 'a.example', domain: 'b.com' } }] },
    'rules[0].match.domain',
    /beside match\.host/,
    /one of the two/,
  ],
  ['a range of ports', { rules: [{ match: { port: [80, '9000-8000'] } }] }, 'rules[0].match.port[1]', /ends before it begins/, /8000-9000/],
  ['a time zone', { rules: [{ match: { time: { zone: 'Mars/Olympus' } } }] }, 'rules[0].match.time', /no time zone/, /IANA/],
  [
    'a field expression',
    { rules: [{ match: { field: { 'user-agent': ['x', 're:('] } } }] },
    'rules[0].match.field.user-agent[1]',
    /no regular expression/,
    /RE2/,
  ],
  [
    'a costly expression',
    { rules: [{ match: { path: `re:${'.{1000}'.repeat(60)}` } }] },
    'rules[0].match.path',
    /60002 instructions, and 1000 are allowed/,
    /repeat less/,
  ],
  [
    'limits of requests',
    { rules: [{ match: { path: '/a' }, limits: { idle_timeout_ms: 5 } }] },
    'rules[0].limits',
    /about a connection, and match\.path/,
    /without such/,
  ],
]

t.test('refusals', async (t) => {
  for (const [name, input, path, reason, remedy] of REFUSALS) {
    t.throws(() => parseOptions(input), { name: 'ConfigError', path, reason, remedy }, name)
  }
})

t.test('what is accepted', async () => {
  const match = { domain: ['example.com', 'example.co.uk'], user: 'root', process: 'curl*', ja4: ['t13*'], protocol: 'grpc' }
  const time = [{ days: ['mon'], from: '22:00', to: '06:00', zone: 'Europe/Berlin' }]
  parseOptions({ rules: [{ match: { ...match, time, field: { 'X-Env': 're:^dev' } }, action: 'block' }] })
  parseOptions({ rules: [{ match: { sni: 'a.example' }, limits: { idle_timeout_ms: 5 }, redact_fields: ['X-Secret'] }] })
})
