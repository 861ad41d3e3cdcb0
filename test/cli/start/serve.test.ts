/**
 * A serving process under signals and mishaps, on a fake engine: drain, second signal, reload, ports taken, files unreadable.
 */

import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { CliProcess, FAKE_ENGINE_CLI } from '../../support/processes/cli-process.ts'
import { shortDirectory } from '../../support/short-directory.ts'

t.setTimeout(600_000)

const directory = t.testdir()
const caDirectory = join(directory, 'ca')

function serving(args: readonly string[] = [], environment: Record<string, string> = {}): CliProcess {
  return new CliProcess(FAKE_ENGINE_CLI, ['--listen', '127.0.0.1:0', '--admin', 'off', '--ca-dir', caDirectory, ...args], environment)
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} drains and exits with 0`, async (t) => {
    const run = serving([], { FAKE_DRAIN_MS: '50' })
    await run.says(/is ready: proxy on 127\.0\.0\.1:\d+/)
    run.child.kill(signal)
    t.equal(await run.ended, 0)
    t.match(run.stderr, new RegExp(`"reason":"${signal}".*"msg":"draining"[\\s\\S]*"msg":"stopped"`))
  })
}

t.test('a signal during start stops it', async (t) => {
  const run = serving([], { FAKE_START_MS: '15000' })
  await run.says(/fake: starting/)
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 0)
  t.match(run.stderr, /"msg":"stopped"/)
  t.equal(run.stdout, '', 'nothing was ever ready')
})

t.test('a drain ends at its deadline', async (t) => {
  const file = join(directory, 'deadline.yaml')
  writeFileSync(file, 'limits: { drain_timeout_ms: 100 }\n')
  const run = serving(['--config', file], { FAKE_DRAIN_MS: '15000' })
  await run.says(/is ready/)
  const before = performance.now()
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 0)
  t.ok(performance.now() - before < 10_000)
})

t.test('a second signal ends at once', async (t) => {
  const run = serving([], { FAKE_DRAIN_MS: '15000' })
  await run.says(/is ready/)
  run.child.kill('SIGTERM')
  await run.says(/draining/)
  run.child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 600))
  t.equal(run.child.exitCode, null, 'an echo of the first signal is none')
  run.child.kill('SIGINT')
  t.equal(await run.ended, 130)
})

t.test('SIGHUP while it drains opens the events file anew, and ends nothing', async (t) => {
  const run = serving([], { FAKE_DRAIN_MS: '1000' })
  await run.says(/is ready/)
  run.child.kill('SIGTERM')
  await run.says(/draining/)
  run.child.kill('SIGHUP')
  await run.says(/fake: reopened/)
  t.equal(await run.ended, 0)
  t.notMatch(run.stderr, /reloaded/)
  t.match(run.stderr, /"msg":"stopped"/)
})

t.test('SIGHUP reloads; a bad file is told with its line, and the process goes on', async (t) => {
  const file = join(directory, 'reload.yaml')
  writeFileSync(file, 'rules: []\n')
  const run = serving(['--config', file])
  await run.says(/is ready/)
  writeFileSync(file, 'rules: [{ action: block }]\n')
  run.child.kill('SIGHUP')
  await run.says(/fake: reloaded with 1 rules/)
  await run.says(/fake: reopened/)
  writeFileSync(file, 'workers: 3\n')
  run.child.kill('SIGHUP')
  await run.says(/"at":"reload","reason":"workers cannot change.*the running one stays/)
  writeFileSync(file, 'rules:\n  - { action: explode }\n')
  run.child.kill('SIGHUP')
  await run.says(/reload\.yaml:2:7","path":"rules\[0\]\.action","line":2,"column":7,"reason":"expected one of .*the running one stays/)
  writeFileSync(file, 'rules: [{}, {}]\n')
  run.child.kill('SIGHUP')
  await run.says(/fake: reloaded with 2 rules/)
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 0)
})

t.test('SIGHUP during start waits for it, and one reload serves all that came before it began', async (t) => {
  const file = join(directory, 'early.yaml')
  writeFileSync(file, 'rules: [{}]\n')
  const run = serving(['--config', file], { FAKE_START_MS: '1500' })
  await run.says(/fake: starting/)
  for (const seen of [/(fake: reopened[\s\S]*){1}/, /(fake: reopened[\s\S]*){2}/, /(fake: reopened[\s\S]*){3}/]) {
    run.child.kill('SIGHUP')
    await run.says(seen)
  }
  await run.says(/is ready/)
  await run.says(/fake: reloaded with 1 rules/)
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 0)
  const [before = '', ...reloads] = run.stderr.split('fake: reloaded')
  // On a machine that is busy enough, the start may be over before the third.
  const late = 3 - (before.split('fake: reopened').length - 1)
  t.ok(late < 3 && reloads.length <= 1 + late, `${reloads.length} reloads, ${late} signals after the first`)
})

t.test('SIGHUP without a file reads anew what the options name', async (t) => {
  const run = serving()
  await run.says(/is ready/)
  run.child.kill('SIGHUP')
  await run.says(/fake: reloaded as it was/)
  await run.says(/configuration reloaded/)
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 0)
})

t.test('the banner moves to standard error when events have standard output', async (t) => {
  const run = serving(['--events', '-'])
  await run.says(/is ready/)
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 0)
  t.equal(run.stdout, '')
})

t.test('mishaps at start: one line with the remedy, exit code 1', async (t) => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const file = join(directory, 'a-file')
  writeFileSync(file, '')
  const standing = join(shortDirectory(t), 'standing')
  writeFileSync(standing, '')
  const mishaps: readonly (readonly [args: readonly string[], code: number, message: RegExp])[] = [
    [
      ['--listen', `127.0.0.1:${port}`],
      1,
      new RegExp(`^soth-mitm: 127\\.0\\.0\\.1:${port}: the address is already in use \\(EADDRINUSE\\); stop the other process`),
    ],
    [['--ca-dir', join(file, 'ca')], 1, /^soth-mitm: .*a-file\/ca: part of the path is not a directory \(ENOTDIR\); check the path/],
    [['--config', join(directory, 'absent.yaml')], 1, /^soth-mitm: .*absent\.yaml: no such file or directory \(ENOENT\); check the path/],
    [
      ['--listen', `unix:${join(shortDirectory(t), 'no', 'socket')}`],
      1,
      /^soth-mitm: .*no\/socket: the Unix socket cannot be made \(EACCES\); check that its directory exists/,
    ],
    [
      ['--listen', `unix:${standing}`],
      1,
      /^soth-mitm: .*standing: something is at this path already \(EADDRINUSE\); stop what listens there, remove the file/,
    ],
  ]
  for (const [args, code, message] of mishaps) {
    const run = new CliProcess(FAKE_ENGINE_CLI, ['--admin', 'off', ...(args[0] === '--listen' ? [] : ['--listen', '127.0.0.1:0']), ...args])
    t.equal(await run.ended, code, args.join(' '))
    const told = run.stderr.replace('fake: starting\n', '')
    t.match(told, message)
    t.equal(told.split('\n').length, 2, 'one line')
  }
})

t.test('a bad configuration at start: exit code 3, with its line', async (t) => {
  const file = join(directory, 'bad.yaml')
  writeFileSync(file, '\nrules: 5\n')
  const run = new CliProcess(FAKE_ENGINE_CLI, ['--config', file])
  t.equal(await run.ended, 3)
  t.match(
    run.stderr,
    /^soth-mitm: .*bad\.yaml:2:1: rules: expected a list of at most 200000, each a map of options, got 5; see docs\/configuration\.md\n$/,
  )
})
