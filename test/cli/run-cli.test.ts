/**
 * The command line as a process: help, version, mistakes, and that docs/cli.md tells every flag, command and exit code.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import * as exitCodes from '../../src/cli/exit-codes.ts'
import { COMMANDS } from '../../src/cli/run-cli.ts'
import { START_FLAGS } from '../../src/cli/start/start-options.ts'
import { TRUST_FLAGS } from '../../src/cli/trust/trust-command.ts'
import { REPOSITORY } from '../support/kept-equal.ts'
import { CliProcess, FAKE_ENGINE_CLI, REAL_CLI } from '../support/processes/cli-process.ts'

/** Below 20 s on an idle machine. */
t.setTimeout(600_000)

async function run(entry: URL, args: readonly string[], environment?: Record<string, string>) {
  const process = new CliProcess(entry, args, environment)
  return { code: await process.ended, stdout: process.stdout, stderr: process.stderr }
}

t.test('help and version', async (t) => {
  const help = await run(REAL_CLI, ['--help'])
  t.match(help, { code: 0, stderr: '' })
  for (const flag of Object.keys(START_FLAGS)) t.match(help.stdout, `--${flag}`)
  t.match(await run(REAL_CLI, ['-h']), { code: 0, stdout: /Usage: soth-mitm \[start\]/ })
  t.match(await run(REAL_CLI, ['start', '--help']), { code: 0, stdout: /Usage: soth-mitm start \[flags\]/ })
  const { version } = JSON.parse(readFileSync(`${REPOSITORY}package.json`, 'utf8')) as { version: string }
  t.same(await run(REAL_CLI, ['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
})

t.test('the help of every command', async (t) => {
  for (const [name, command] of COMMANDS) {
    const help = await run(REAL_CLI, [name, '--help'])
    t.match(help, { code: 0, stdout: `Usage: soth-mitm ${name}`, stderr: '' })
    for (const flag of Object.keys(command.flags)) t.match(help.stdout, `--${flag}`)
  }
  t.match(await run(REAL_CLI, ['ca', 'trust', '--help']), { code: 0, stdout: /trust \[--install \| --uninstall\]/ })
})

t.test('the CA as a command: results on standard output, mistakes of both kinds', async (t) => {
  const directory = join(t.testdir(), 'ca')
  t.match(await run(REAL_CLI, ['ca', 'show', '--ca-dir', directory]), { code: 1, stdout: '', stderr: /holds no CA/ })
  t.match(await run(REAL_CLI, ['ca', 'trust', '--target', 'ios', '--ca-dir', directory]), { code: 0, stdout: /made now[\s\S]*\[ios\]/ })
  t.match(await run(REAL_CLI, ['ca', 'show', '--ca-dir', directory]), { code: 0, stdout: /^Subject/, stderr: '' })
  t.match(await run(REAL_CLI, ['ca', 'frobnicate']), {
    code: 2,
    stderr: /^soth-mitm: ca frobnicate: unknown command; see soth-mitm ca --help\n$/,
  })
  t.match(await run(REAL_CLI, ['ca', '--ca-dir', directory, 'trust']), {
    code: 2,
    stderr: /^soth-mitm: trust: must follow ca at once; [^\n]*\n$/,
  })
  t.match(await run(REAL_CLI, ['ca', 'trust', '--targte', 'x']), { code: 2, stderr: /did you mean --target/ })
  t.match(await run(REAL_CLI, ['start', '--listen', '127.0.0.1:0', '--admin', 'off', '--ca-dir', '/proc/no']), {
    code: 1,
    stderr: /^soth-mitm: cannot write the CA to [^\n;]*; give another directory with --ca-dir\n$/,
  })
})

t.test('mistakes: one line, exit code 2', async (t) => {
  const mistakes: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['strat'], /^soth-mitm: strat: unknown command; did you mean start\?\n$/],
    [['frobnicate'], /^soth-mitm: frobnicate: unknown command; see soth-mitm --help\n$/],
    [['--listne', 'x'], /^soth-mitm: --listne: unknown flag; did you mean --listen\?\n$/],
    [['--listen', 'x'], /^soth-mitm: --listen: "x" has no port; write host:port, \[v6\]:port, :port or unix:\/path\n$/],
    [['--workers', 'many'], /^soth-mitm: --workers: expected "auto" or an integer from 0 to 256, got "many"; [^\n]*\n$/],
    [['ca', 'shwo'], /^soth-mitm: ca shwo: unknown command; did you mean ca show\?\n$/],
    [['explain', '--zzz'], /^soth-mitm: --zzz: unknown flag; see soth-mitm explain --help\n$/],
    [['start', 'now'], /^soth-mitm: now: unexpected argument; [^\n]*\n$/],
  ]
  for (const [args, message] of mistakes) {
    const result = await run(REAL_CLI, args)
    t.match(result, { code: 2, stdout: '', stderr: message }, args.join(' '))
  }
})

t.test('a file with several problems: a line each, exit code 3, whichever command reads it', async (t) => {
  const file = join(t.testdir({ 'bad.yaml': 'workrs: 1\nrules:\n  - { action: blok }\n' }), 'bad.yaml')
  for (const args of [
    ['--config', file],
    ['explain', '-c', file, 'https://a.example/'],
  ]) {
    const { code, stdout, stderr } = await run(REAL_CLI, args)
    t.match({ code, stdout }, { code: 3, stdout: '' })
    const lines = stderr.trimEnd().split('\n')
    t.match(lines.sort(), [
      /^soth-mitm: .*bad\.yaml:1:1: workrs: unknown option; did you mean "workers"\?$/,
      /^soth-mitm: .*bad\.yaml:3:7: rules\[0\]\.action: expected one of/,
    ])
  }
})

t.test('a bug keeps its stack trace and has its own exit code', async (t) => {
  const result = await run(FAKE_ENGINE_CLI, ['--listen', '127.0.0.1:0'], { FAKE_BUG: '1' })
  t.match(result, { code: 70, stderr: /bug in soth-mitm[\s\S]*TypeError: fake bug\n {4}at / })
})

t.test('docs/cli.md', async (t) => {
  const text = readFileSync(`${REPOSITORY}docs/cli.md`, 'utf8')
  const flags = [...COMMANDS.values()].flatMap((command) => Object.keys(command.flags))
  for (const flag of new Set([...flags, ...Object.keys(TRUST_FLAGS)])) t.match(text, new RegExp(`[\`[]--${flag}\\b`), flag)
  for (const name of COMMANDS.keys()) t.match(text, `soth-mitm ${name === 'start' ? '[start]' : name}`, name)
  for (const code of Object.values(exitCodes)) t.match(text, `| ${code} `, `exit code ${code}`)
})
