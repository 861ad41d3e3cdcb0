/**
 * Steps of every kind, in both directions, with a runner that only remembers, and with the real one.
 */

import t from 'tap'
import { performStep, type Runner, stepLine } from '../../../src/cli/trust/perform-step.ts'
import type { TrustStep } from '../../../src/cli/trust/trust-target.ts'
import { fakeMachine } from '../../support/fake-machine.ts'

const user = fakeMachine({})
const root = fakeMachine({ isRoot: true })

/** Answers by the command's first word; unknown words succeed. Remembers what was run. */
function runner(answers: Readonly<Record<string, { ok: boolean; stdout?: string; said?: string }>>) {
  const ran: string[] = []
  const run: Runner = (command) => {
    ran.push(command.join(' '))
    const answer = answers[command[0] ?? ''] ?? { ok: true }
    return { stdout: '', said: '', ...answer }
  }
  return { ran, run }
}

t.test('commands', async (t) => {
  const step: TrustStep = { kind: 'run', command: ['update', 'a b'], needsRoot: true, nothingToDo: 'already there' }
  const refused = runner({})
  t.match(performStep(step, 'install', user, refused.run), { status: 'needs_root' })
  t.same(refused.ran, [], 'nothing was run')
  t.equal(stepLine(step, 'install', user), "sudo update 'a b'")
  t.equal(stepLine(step, 'install', root), "update 'a b'")
  t.match(performStep(step, 'install', root, runner({}).run), { status: 'done' })
  t.match(performStep(step, 'install', root, runner({ update: { ok: false, said: 'it is already there.' } }).run), { status: 'unchanged' })
  t.match(performStep(step, 'install', root, runner({ update: { ok: false, said: 'disk full' } }).run), {
    status: 'failed',
    detail: 'disk full',
  })
})

t.test('settings: ours are written and removed, others stay', async (t) => {
  const step: TrustStep = { kind: 'setting', read: ['read'], write: ['write', '/ours'], unset: ['unset'], value: '/ours' }
  const table = [
    ['install', { ok: false }, 'done', ['read', 'write /ours']],
    ['install', { ok: true, stdout: 'null\n' }, 'done', ['read', 'write /ours']],
    ['install', { ok: true, stdout: '/ours\n' }, 'unchanged', ['read']],
    ['install', { ok: true, stdout: '/theirs\n' }, 'kept', ['read']],
    ['uninstall', { ok: true, stdout: '/ours\n' }, 'done', ['read', 'unset']],
    ['uninstall', { ok: false }, 'unchanged', ['read']],
    ['uninstall', { ok: true, stdout: '/theirs\n' }, 'kept', ['read']],
  ] as const
  for (const [direction, read, status, ran] of table) {
    const fake = runner({ read })
    t.match(performStep(step, direction, user, fake.run), { status })
    t.same(fake.ran, ran, `${direction}: ${status}`)
  }
  t.match(performStep(step, 'install', user, runner({ read: { ok: false }, write: { ok: false, said: 'no' } }).run), { status: 'failed' })
  t.equal(stepLine(step, 'install', user), 'write /ours')
  t.equal(stepLine(step, 'uninstall', user), 'unset')
})

t.test('shown, never run', async (t) => {
  const fake = runner({})
  t.match(performStep({ kind: 'show', text: 'x' }, 'install', root, fake.run), { status: 'shown' })
  t.same(fake.ran, [])
})

t.test('the real runner: what a command says, and a program that is not there', async (t) => {
  const step = (...command: string[]): TrustStep => ({ kind: 'run', command })
  const here = fakeMachine({ env: { PATH: process.env['PATH'] } })
  t.match(performStep(step('node', '-e', ''), 'install', here), { status: 'done' })
  t.match(performStep(step('node', '-e', 'console.error("why");process.exit(3)'), 'install', here), { status: 'failed', detail: /why/ })
  t.match(performStep(step('no-such-program-here'), 'install', here), { status: 'failed', detail: /ENOENT/ })
})
