/**
 * startOptions: flags become options, lie over the file, and are blamed by their own name.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseArguments } from '../../../src/cli/arguments/parse-arguments.ts'
import { START_FLAGS, startOptions } from '../../../src/cli/start/start-options.ts'

const optionsOf = (...args: readonly string[]) => startOptions(parseArguments(args, START_FLAGS, []))

t.test('flags', async (t) => {
  t.match(optionsOf('--listen', ':1', '--admin', 'off', '--workers', '2', '--ca-dir', '/ca', '--log-level', 'warn', '--events', '-'), {
    listen: ':1',
    admin: false,
    workers: 2,
    ca_dir: '/ca',
    log_level: 'warn',
    events: { file: '-', rotate_keep: 4 },
  })
  t.same(optionsOf('--listen', ':1', '--listen', 'unix:/s').listen, [':1', 'unix:/s'])
  t.equal(optionsOf('--workers', 'auto').workers, 'auto')
})

t.test('flags lie over the file', async (t) => {
  const file = join(t.testdir(), 'soth.yaml')
  writeFileSync(file, 'workers: 7\nlisten: :9\nevents: { rotate_keep: 1 }\n')
  t.match(optionsOf('-c', file, '--workers', '1', '--events', 'e'), { workers: 1, listen: ':9', events: { file: 'e', rotate_keep: 1 } })
  writeFileSync(file, 'workers: x\n')
  t.throws(() => optionsOf('-c', file), { name: 'ConfigError', line: 1, path: 'workers' })
  t.throws(() => optionsOf('-c', file, '--workers', 'y'), { name: 'UsageError', where: '--workers' })
})

t.test('wrong flags', async (t) => {
  t.throws(() => optionsOf('--workers', '-1'), { name: 'UsageError', message: /--workers: expected "auto" or an integer.*got "-1"/ })
  t.throws(() => optionsOf('--admin', 'x'), { name: 'UsageError', message: /--admin: "x" has no port/ })
  t.throws(() => optionsOf('--log-level', 'loud'), { name: 'UsageError', message: /--log-level: expected one of/ })
  t.throws(() => optionsOf('--listen', ':1', '--listen', 'y'), { name: 'UsageError', message: /--listen: "y" has no port/ })
})

t.test('faults stand in front of the file’s rules, and are blamed by their text', async (t) => {
  const file = join(t.testdir(), 'soth.yaml')
  writeFileSync(file, 'rules: [{ match: {}, action: tunnel }]\n')
  const { rules } = optionsOf('-c', file, '--fault', 'anthropic:529@0.1,host=localhost', '--fault', 'latency,ms=5')
  t.match(rules, [
    { name: 'fault-flag-1', match: { host: ['localhost'] }, fault: [{ status: 529, probability: 0.1, profile: 'anthropic:529' }] },
    { name: 'fault-flag-2', fault: [{ kind: 'latency', ms: 5 }] },
    { action: 'tunnel' },
  ])
  const wrong = (text: string, message: RegExp) =>
    t.throws(() => optionsOf('--fault', 'latency,ms=5', '--fault', text), { name: 'UsageError', where: `--fault ${text}`, message })
  wrong('anthropic:530', /no entry "530".*did you mean/)
  wrong('latency,mz=5', /mz: unknown option/)
  wrong('latency,ms=5,hots=a.example', /hots: unknown option; did you mean "host"\?/)
  wrong('latency,ms=5,path=/x', /kind: "latency" acts on a connection/)
  wrong('refuse@0.5,every=2', /every: stands beside/)
})
