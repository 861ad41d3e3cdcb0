/**
 * parseOptions: defaults, both spellings of keys, every kind of refusal with its path, reason and remedy.
 */

import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { ConfigError } from '../../../src/shared/options/problems/config-error.ts'

function refusal(input: unknown): ConfigError {
  try {
    parseOptions(input)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('was accepted')
}

t.test('defaults', async (t) => {
  const options = parseOptions({})
  t.equal(options.listen, '127.0.0.1:8080')
  t.equal(options.workers, 'auto')
  t.equal(options.limits.head_bytes, 65_536)
  t.notMatch(options.ca_dir, /^~/, 'the home directory is filled in')
  t.same(options.rules, [])
})

t.test('the result is frozen, deeply, and the input is left alone', async (t) => {
  const input = { rules: [{ match: { host: 'a.example' }, action: 'block' as const }] }
  const options = parseOptions(input)
  t.ok(Object.isFrozen(options) && Object.isFrozen(options.rules) && Object.isFrozen(options.rules[0]?.match.host))
  t.ok(Object.isFrozen(options.limits))
  t.notOk(Object.isFrozen(input) || Object.isFrozen(input.rules) || Object.isFrozen(input.rules[0]))
  t.same(options.rules[0]?.match.host, ['a.example'])
  t.same(parseOptions({}), parseOptions({}), 'frozen defaults do not spoil the next parse')
})

t.test('camelCase keys are folded at every depth', async (t) => {
  const options = parseOptions({
    caDir: '/tmp/ca',
    http2MaxHeaderListSize: 2_048,
    limits: { headBytes: 4_096 },
    rules: [{ match: {}, verifyUpstream: false, capture: { bodyBytes: 9 } }],
  })
  t.equal(options.ca_dir, '/tmp/ca')
  t.equal(options.http2_max_header_list_size, 2_048)
  t.equal(options.limits.head_bytes, 4_096)
  t.equal(options.rules[0]?.verify_upstream, false)
  t.equal(options.rules[0]?.capture?.body_bytes, 9)
})

const REFUSALS: readonly (readonly [name: string, input: unknown, path: string, reason: RegExp, remedy: RegExp])[] = [
  ['mistyped key', { listne: ':1' }, 'listne', /unknown option/, /did you mean "listen"\?/],
  ['mistyped nested key', { limits: { head_byte: 1 } }, 'limits.head_byte', /unknown option/, /did you mean "head_bytes"\?/],
  ['mistyped key in a rule', { rules: [{}, { match: { hots: 'a' } }] }, 'rules[1].match.hots', /unknown/, /did you mean "host"\?/],
  ['a key like no other', { zzzzzz: 1 }, 'zzzzzz', /unknown option/, /known here: listen, admin/],
  ['__proto__', JSON.parse('{"__proto__": {"listen": 1}}'), '__proto__', /cannot be a name here/, /leave it out/],
  ['two spellings', { ca_dir: 'a', caDir: 'b' }, 'ca_dir', /given twice/, /keep one/],
  ['union', { workers: 'many' }, 'workers', /^expected "auto" or an integer from 0 to 256, got "many"$/, /configuration\.md/],
  ['out of range', { limits: { head_bytes: 1 } }, 'limits.head_bytes', /an integer from 1024 to 1048576, got 1$/, /./],
  ['enumeration', { log_level: 'loud' }, 'log_level', /one of "trace", "debug".*got "loud"/, /./],
  ['list for a map', { events: [] }, 'events', /expected a map of options, got an empty list/, /./],
  ['list items', { rules: [{ match: { port: [80, 'x'] } }] }, 'rules[0].match.port[1]', /integer from 1 to 65535/, /./],
  ['missing', { proxy_auth: {} }, 'proxy_auth.users', /is missing: expected a non-empty list/, /add it/],
  ['no map at all', 'text', '', /expected a map of options, got "text"/, /./],
  ['nothing', null, '', /expected a map of options, got null/, /./],
  ['listen', { listen: 'here' }, 'listen', /"here" has no port/, /host:port/],
  ['one of several listens', { listen: [':1', '::1'] }, 'listen[1]', /without brackets/, /\[v6\]/],
  ['admin', { admin: '127.0.0.1:99999' }, 'admin', /"99999" is not a port/, /65535/],
  ['admin, off', { admin: 'off' }, 'admin', /"off" is no address/, /write false for none/],
  ['admin, no socket', { admin: 'unix:/run/admin' }, 'admin', /"unix:\/run\/admin" is a Unix socket/, /write host:port/],
  ['a user', { proxy_auth: { users: [{ name: 'a:b', password: 'c' }] } }, 'proxy_auth.users[0].name', /has a colon/, /choose a name/],
  [
    'an answer of what blocks nothing',
    { rules: [{ action: 'tunnel', body: 'no' }] },
    'rules[0].body',
    /blocks nothing/,
    /add action: block/,
  ],
  ['the same of a rule that only carries', { rules: [{ status: 451 }] }, 'rules[0].status', /blocks nothing/, /add action: block/],
  [
    'a day',
    { rules: [{ match: { time: { days: ['x'] } } }] },
    'rules[0].match.time.days[0]',
    /^expected one of .*"mon".*, got "x"$/,
    /see /,
  ],
  [
    'feed',
    { admin: false, feed: { enabled: true } },
    'feed.enabled',
    /served by the admin server, and there is none/,
    /leave the feed off/,
  ],
  ['ignore_hosts', { ignore_hosts: ['ok.example', 'http://x'] }, 'ignore_hosts[1]', /is a URL/, /host alone/],
  ['rule host', { rules: [{ match: { host: 'a.example:443' } }] }, 'rules[0].match.host[0]', /has a port/, /match\.port/],
  ['rule client', { rules: [{ match: { client: 'localhost' } }] }, 'rules[0].match.client', /not an IP address/, /192\.0\.2/],
  ['rule clients', { rules: [{ match: { client: ['::1', '10.0.0.1/8'] } }] }, 'rules[0].match.client[1]', /bits set/, /clear/],
]

t.test('refusals', async (t) => {
  for (const [name, input, path, reason, remedy] of REFUSALS) {
    const error = refusal(input)
    t.equal(error.path, path, `${name}: path`)
    t.match(error.reason, reason, `${name}: reason`)
    t.match(error.remedy, remedy, `${name}: remedy`)
    t.notMatch(error.message, /\n/, `${name}: one line`)
  }
})

t.test('all problems are told, at most a hundred of one kind', async (t) => {
  const error = refusal({ listne: 1, workers: 'x', limits: { sessions: 0 } })
  t.equal(error.problems.length, 3)
  const many = refusal({ ignore_hosts: Array.from({ length: 5_000 }, () => '/') })
  t.equal(many.problems.length, 100)
})

t.test('an object that contains itself is refused', async (t) => {
  const input: Record<string, unknown> = {}
  input['limits'] = input
  t.match(refusal(input).reason, /nested too deeply/)
})

t.test('no secret is repeated in a message', async (t) => {
  t.notMatch(refusal({ proxy_auth: { users: { name: 'u', password: 'hunter2' } } }).message, /hunter2/)
  const number = refusal({ proxy_auth: { users: [{ name: 'u', password: 31337 }] } }).message
  t.match(number, /password: expected a string, got a number/)
  t.notMatch(number, /31337/)
})
