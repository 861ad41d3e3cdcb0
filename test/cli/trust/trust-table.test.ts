/**
 * The trust table on machines of every kind: what is detected, and that each step can be run, undone and read.
 */

import t from 'tap'
import { TRUST_TARGETS } from '../../../src/cli/trust/trust-table.ts'
import type { TrustStep } from '../../../src/cli/trust/trust-target.ts'
import { FAKE_FILES, type FakeMachine, fakeMachine } from '../../support/fake-machine.ts'

const ids = (machine: FakeMachine) => TRUST_TARGETS.filter((target) => target.detect(fakeMachine(machine))).map(({ id }) => id)

t.test('which systems', async (t) => {
  const table: readonly (readonly [machine: FakeMachine, expected: readonly string[]])[] = [
    [{ distributions: ['debian'] }, ['debian']],
    [{ distributions: ['ubuntu', 'debian'] }, ['debian']],
    [{ distributions: ['linuxmint', 'ubuntu', 'debian'] }, ['debian']],
    [{ distributions: ['rocky', 'rhel', 'centos', 'fedora'] }, ['fedora']],
    [{ distributions: ['manjaro', 'arch'] }, ['arch']],
    [{ distributions: ['opensuse-tumbleweed', 'opensuse', 'suse'] }, ['suse']],
    [{ distributions: ['alpine'] }, ['alpine']],
    [{ distributions: ['nixos'] }, []],
    [{ platform: 'darwin', distributions: ['debian'] }, ['macos']],
    [{ platform: 'win32' }, ['windows']],
  ]
  for (const [machine, expected] of table) t.same(ids(machine), expected, JSON.stringify(machine))
})

t.test('Java: the runtime that JAVA_HOME names, and root only where its file needs it', async (t) => {
  const [java] = TRUST_TARGETS.filter(({ id }) => id === 'java')
  const store = '/jdk/lib/security/cacerts'
  const first = (machine: FakeMachine) => java?.install(FAKE_FILES, fakeMachine(machine))[0]
  t.match(first({}), { command: ['keytool', '-importcert', '-cacerts'], needsRoot: true })
  t.match(first({ env: { JAVA_HOME: '/jdk' }, paths: [store] }), {
    command: ['keytool', '-importcert', '-keystore', store],
    needsRoot: true,
  })
  t.match(first({ env: { JAVA_HOME: '/jdk' }, paths: [store], canWrite: true }), { needsRoot: false })
})

t.test('every entry', async (t) => {
  const machine = fakeMachine({ paths: ['/h/u/.mozilla/firefox/p/cert9.db', '/h/u/.pki/nssdb/cert9.db'] })
  t.equal(new Set(TRUST_TARGETS.map(({ id }) => id)).size, TRUST_TARGETS.length, 'names are unique')
  for (const target of TRUST_TARGETS) {
    const install = target.install(FAKE_FILES, machine)
    const uninstall = target.uninstall(FAKE_FILES, machine)
    t.ok(install.length > 0 && uninstall.length > 0, `${target.id} can be done and undone`)
    t.ok(target.words.length > 20, `${target.id} says what to know`)
    const runs = [...install, ...uninstall].filter((step) => step.kind === 'run')
    t.notOk(
      runs.some((step) => step.command[0] === 'sudo'),
      `${target.id} leaves sudo to whoever runs it`,
    )
    if (runs.length > 0) t.ok(target.needs, `${target.id} names the program it needs`)
    if (install.some(({ kind }) => kind === 'setting')) t.ok(target.onlyWhenNamed, `${target.id} replaces, so it must be named`)
  }
})

t.test('what replaces the roots gets the bundle', async (t) => {
  const adds = /NODE_EXTRA_CA_CERTS|DENO_CERT/
  const lines = TRUST_TARGETS.filter(({ id }) => id !== 'docker')
    .flatMap((target) => target.install(FAKE_FILES, fakeMachine({})))
    .flatMap((step: TrustStep) => (step.kind === 'show' && step.text.startsWith('export ') ? [step.text] : []))
  t.ok(lines.length > 10)
  for (const line of lines) t.match(line, adds.test(line) ? /ca\.pem$/ : /ca-bundle\.pem$|ca-truststore\.p12/)
})
