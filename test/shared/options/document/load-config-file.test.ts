/**
 * Configuration files: sound ones, in YAML and JSON, and every way to be wrong, with line, column, path and reason.
 */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfigFile } from '../../../../src/shared/options/document/load-config-file.ts'
import { ConfigError } from '../../../../src/shared/options/problems/config-error.ts'

/** Pipes that are waited for, and programs of their own. */
t.setTimeout(600_000)

const directory = t.testdir()

function fileWith(text: string | Uint8Array): string {
  const file = join(directory, 'soth.yaml')
  writeFileSync(file, text)
  return file
}

function refusal(text: string | Uint8Array, overrides?: Record<string, unknown>): ConfigError {
  try {
    loadConfigFile(fileWith(text), overrides)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('was accepted')
}

t.test('sound files', async (t) => {
  t.equal(loadConfigFile(fileWith('listen: :8081\n')).listen, ':8081')
  t.equal(loadConfigFile(fileWith('\ufefflisten: :8081\n')).listen, ':8081', 'byte order mark')
  t.equal(loadConfigFile(fileWith('{"listen": ":8082", "caDir": "/x"}')).ca_dir, '/x', 'JSON, camelCase')
  t.equal(loadConfigFile(fileWith('')).listen, '127.0.0.1:8080', 'empty: all defaults')
  t.equal(loadConfigFile(fileWith('# nothing\n---\n')).workers, 'auto')
  t.match(loadConfigFile(fileWith('rules:\n  - &a { match: { host: a }, action: block }\n  - *a\n')).rules, [
    { action: 'block' },
    { action: 'block' },
  ])
})

t.test('a file that says nothing is a mistake where one is in force', async (t) => {
  const NOTHING = ['', '\n\n', ' \t\r\n', '\ufeff', '# all of it\n  # is a comment\n', '---\n', '# a\n---\n...\n', '\ufeff# a']
  for (const text of NOTHING) {
    const file = fileWith(text)
    t.equal(loadConfigFile(file).listen, '127.0.0.1:8080', 'at the start: all defaults')
    t.throws(() => loadConfigFile(file, {}, 'mistake'), { message: /soth\.yaml:1:1: says nothing.*write \{\}/ }, JSON.stringify(text))
  }
  for (const text of ['{}', '--- {}\n', '# a\n{}\n', 'listen: :1', '  workers: 1\n', '\ufefflisten: :1']) {
    t.doesNotThrow(() => loadConfigFile(fileWith(text), {}, 'mistake'), JSON.stringify(text))
  }
})

t.test('overrides are laid over the file', async (t) => {
  const file = fileWith('listen: :1\nworkers: 3\nevents: { file: a, rotate_keep: 9 }\n')
  const options = loadConfigFile(file, { listen: ':2', events: { file: '-' } })
  t.match(options, { listen: ':2', workers: 3, events: { file: '-', rotate_keep: 9 } })
})

const REFUSALS: readonly (readonly [name: string, text: string, line: number, column: number, path: string, reason: RegExp])[] = [
  ['unknown key', 'listen: :1\nlimits:\n  head_byte: 5\n', 3, 3, 'limits.head_byte', /unknown option/],
  ['wrong value', 'listen: :1\n\nworkers: many\n', 3, 1, 'workers', /"auto" or an integer/],
  ['camelCase key', 'logLevel: loud\n', 1, 1, 'log_level', /one of/],
  ['list item', 'rules:\n  - action: block\n  - match: { host: [ok, "a:1"] }\n', 3, 25, 'rules[1].match.host[1]', /has a port/],
  ['one value for a list', 'rules:\n  - match:\n      host: http://x\n', 3, 7, 'rules[0].match.host[0]', /is a URL/],
  ['missing key: the enclosing map', 'listen: :1\nproxy_auth:\n  realm: x\n', 2, 1, 'proxy_auth.users', /is missing/],
  ['through an alias', 'rules:\n  - match: &m { host: "a b" }\n  - match: *m\n', 2, 17, 'rules[0].match.host[0]', /not a host pattern/],
  ['JSON', '{\n "listen": ":1",\n "workers": -1\n}', 3, 2, 'workers', /got -1/],
  ['duplicate key', 'listen: :1\nworkers: 1\nlisten: :2\n', 3, 1, '', /given twice/],
  ['duplicate key in JSON', '{"listen": ":1",\n"listen": ":2"}', 2, 1, '', /given twice/],
  ['YAML syntax', 'listen: [\n', 2, 1, '', /./],
  ['tab', 'limits:\n\thead_bytes: 1\n', 2, 1, '', /[Tt]ab/],
  ['unknown tag', 'listen: !code x\n', 1, 9, '', /tag/],
  ['two documents', 'listen: :1\n---\nlisten: :2\n', 2, 1, '', /^a second document begins$/],
  ['a comma forgotten', '{"workers": 1\n "listen": ":2"}\n', 1, 13, '', /^a key goes over more than one line, as where a comma/],
  ['a comma forgotten on one line', '{"workers": 1 "listen": ":2"}\n', 1, 13, '', /^a comma or a closing bracket is missing/],
  [
    'a pattern without quotes',
    'listen: :1\nignore_hosts: [ok, *.example.com]\n',
    2,
    20,
    '',
    /^"\*\.example\.com" begins with \*, by which YAML/,
  ],
  ['a pattern without quotes, in a line of its own', 'ignore_hosts:\n  - *.example.com\n', 2, 5, '', /^"\*\.example\.com" begins/],
  ['an alias before its anchor', 'listen: *here\nca_dir: &here x\n', 1, 9, '', /^"\*here" begins with \*/],
  ['a star', 'ignore_hosts: [*]\n', 1, 16, '', /^a value begins with \*/],
  ['a character that YAML keeps', 'ca_dir: @home\n', 1, 9, '', /^a value begins with a character that YAML keeps/],
  [
    'a media type',
    'rules:\n  - action: block\n    content_type: html\n',
    3,
    5,
    'rules[0].content_type',
    /, got "html", which is no media type$/,
  ],
  [
    'a port',
    'rules:\n  - match: { port: http }\n',
    2,
    14,
    'rules[0].match.port',
    /^expected an integer from 1 to 65535 or .*, got "http", which is no range of ports$/,
  ],
  ['a name of a field', 'rules:\n  - match: { field: { a b: x } }\n', 2, 23, 'rules[0].match.field.a b', /^is no field name$/],
  [
    'a field that frames',
    'rules:\n  - edit: { request: { set: { Host: x } } }\n',
    2,
    31,
    'rules[0].edit.request.set.Host',
    /^frames or routes/,
  ],
  [
    'a window that begins at the end of a day',
    'rules:\n  - match: { time: { from: "24:00" } }\n',
    2,
    22,
    'rules[0].match.time.from',
    /begin, 00:00 to 23:59/,
  ],
  [
    'a name that is none',
    'rules:\n  - match:\n      field: { __proto__: x }\n',
    3,
    16,
    'rules[0].match.field.__proto__',
    /cannot be a name/,
  ],
  ['a name of every object', 'workers: 1\nconstructor: 1\n', 2, 1, 'constructor', /unknown option/],
  ['not a map', '- a\n- b\n', 1, 1, '', /expected a map of options, got a list/],
  ['a word', 'hello\n', 1, 1, '', /expected a map of options, got "hello"/],
]

t.test('refusals with their place', async (t) => {
  for (const [name, text, line, column, path, reason] of REFUSALS) {
    const error = refusal(text)
    t.match(error.reason, reason, `${name}: reason`)
    t.equal(error.path, path, `${name}: path`)
    t.same([error.line, error.column], [line, column], `${name}: place`)
    t.match(error.message, new RegExp(`soth\\.yaml:${line}:${column}: `), `${name}: message begins with the place`)
    t.notMatch(error.message, /\n/, `${name}: one line`)
  }
})

t.test('several problems: each once, in the order of the text, a flag’s last', async (t) => {
  const { problems } = refusal('limits:\n  idle_timeout_ms: 1e99\nrulez: []\nworkers: 1.5\n', { log_level: 'loud' })
  const seen = problems.map(({ path, line }) => [path.join('.'), line])
  t.same(seen, [
    ['limits.idle_timeout_ms', 2],
    ['rulez', 3],
    ['workers', 4],
    ['log_level', undefined],
  ])
})

t.test('of very many problems the first are told, and that there are more', async (t) => {
  const wrong = [{ match: { hots: 'a' } }, { match: { host: 'a b' } }]
  for (const rule of wrong) {
    const { problems } = refusal(JSON.stringify({ rules: Array(100_000).fill(rule) }))
    t.equal(problems.length, 100)
    t.match(problems.at(-1), { reason: 'there are more problems', line: undefined })
  }
  t.match(refusal(JSON.stringify({ rules: Array(100).fill(wrong[0]) })).problems.at(-1), { reason: 'unknown option', line: 1 })
})

t.test('a wrong flag is not blamed on a line of the file', async (t) => {
  const error = refusal('listen: :1\n', { listen: 'nowhere' })
  t.equal(error.line, undefined)
  t.match(error.reason, /no port/)
})

t.test('bombs and bad bytes', async (t) => {
  const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let n = 1; n < 12; n++) laughs.push(`a${n}: &a${n} [${Array.from({ length: 9 }, () => `*a${n - 1}`).join(', ')}]`)
  const before = performance.now()
  t.match(refusal(laughs.join('\n')).reason, /anchored nodes/)
  t.match(refusal('['.repeat(100_000)).reason, /nested too deeply|.+/)
  t.ok(performance.now() - before < 20_000)
  t.match(refusal('['.repeat(5_000)), { reason: 'is nested too deeply', line: 1 })
  t.match(refusal(Uint8Array.of(0xff, 0xfe, 0x41, 0)), { reason: /^is UTF-16, not UTF-8/, line: undefined })
  t.match(refusal(Buffer.from('listen: :1\nca_dir: /caf\xe9\n', 'latin1')), { reason: 'is not UTF-8 text', line: 2 })
  t.match(refusal(`# ${'x'.repeat(10 * 1024 * 1024)}`).reason, /more than 10485760 octets/)
})

t.test('files that cannot be read', async (t) => {
  t.throws(() => loadConfigFile(join(directory, 'absent.yaml')), {
    name: 'UserError',
    message: /absent\.yaml: no such file.*ENOENT.*check the path/,
  })
  t.throws(() => loadConfigFile(directory), { name: 'UserError', message: /is a directory/ })
  const absent = refusal('workers: 1\nupstream:\n  extra_ca_file: /absent/roots.pem\n')
  t.match(absent, { path: 'upstream.extra_ca_file', line: 3, reason: 'cannot read /absent/roots.pem: ENOENT' })
  const itself = refusal(`upstream: { extra_ca_file: "${join(directory, 'soth.yaml')}" }\n`)
  t.match(itself, { path: 'upstream.extra_ca_file', reason: /holds no certificate in PEM/ })
  const circle = join(directory, 'circle.yaml')
  symlinkSync(circle, circle)
  t.throws(() => loadConfigFile(circle), { name: 'UserError', message: /circle\.yaml: symbolic links lead in a circle.*ELOOP/ })
})

t.test('pipes: waited for, and not for ever', { skip: process.platform === 'win32' ? 'no mkfifo' : false }, async (t) => {
  const pipe = join(directory, 'pipe')
  execFileSync('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', 'sleep 0.3; { echo "workers: 3"; sleep 0.3; echo "log_level: warn"; } > "$0"', pipe], {
    stdio: 'ignore',
  })
  const ended = once(writer, 'exit')
  t.match(loadConfigFile(pipe), { workers: 3, log_level: 'warn' })
  await ended
  t.throws(() => loadConfigFile(pipe), { name: 'ConfigError', message: /pipe: is a pipe into which nothing is written; write to it/ })
})
