/**
 * `ca trust`: what it prints for machines of every kind, and real stores in a temporary home. Never a store of this machine.
 */

import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { UsageError } from '../../../src/cli/arguments/usage-error.ts'
import { type Machine, thisMachine } from '../../../src/cli/trust/machine.ts'
import { runTrustCommand } from '../../../src/cli/trust/trust-command.ts'
import { TRUST_TARGETS } from '../../../src/cli/trust/trust-table.ts'
import { CaStore } from '../../../src/workers/tls/ca/ca-store.ts'
import { fakeMachine } from '../../support/fake-machine.ts'
import { lacking } from '../../support/lacking.ts'

function trust(directory: string, machine: Machine, ...args: readonly string[]) {
  let text = ''
  const ran: string[] = []
  const code = runTrustCommand(args, directory, {
    machine,
    now: Date.now,
    print: (part) => {
      text += part
    },
    ...(machine.env['PATH'] === undefined
      ? {
          run: (command) => {
            ran.push(command[0] ?? '')
            return { ok: true, stdout: '', said: '' }
          },
        }
      : {}),
  })
  return { code, text, ran }
}

t.test('printed: real paths, sudo where root is needed, and nothing is run', async (t) => {
  const directory = join(t.testdir(), 'ca')
  const machine = fakeMachine({ distributions: ['debian'], programs: ['curl', 'update-ca-certificates'] })
  const { code, text, ran } = trust(directory, machine)
  t.equal(code, 0)
  t.same(ran, [])
  const { authority } = new CaStore(directory, Date.now).load()
  t.match(text, authority.certificate.fingerprint256)
  t.match(text, `sudo cp ${directory}/ca.pem /usr/local/share/ca-certificates/soth-mitm.crt`)
  t.match(text, `export CURL_CA_BUNDLE=${directory}/ca-bundle.pem`)
  t.notMatch(text, /\[fedora\]|\[ios\]/)
  t.match(text, /Not shown: .*fedora.*ios/)
  const all = trust(directory, machine, '--all').text
  for (const { id } of TRUST_TARGETS) t.match(all, `[${id}]`)
  t.match(trust(directory, machine, '--target', 'firefox', '--target', 'ios').text, /\[firefox\][\s\S]*needs certutil[\s\S]*\[ios\]/)
})

t.test('performed: roots are added, settings only where named; without root it says what is left', async (t) => {
  const directory = join(t.testdir(), 'ca')
  const programs = ['update-ca-certificates', 'git', 'curl']
  const user = trust(directory, fakeMachine({ distributions: ['debian'], programs }), '--install')
  t.equal(user.code, 1)
  t.same(user.ran, [])
  t.match(user.text, /needs root +sudo cp [\s\S]*not run +sudo update-ca-certificates/)
  t.notMatch(user.text, /\[git\]/)
  const root = fakeMachine({ distributions: ['debian'], programs, isRoot: true })
  const installed = trust(directory, root, '--install')
  t.equal(installed.code, 0)
  t.same(installed.ran, ['cp', 'chmod', 'update-ca-certificates'])
  t.match(installed.text, /by hand +export CURL_CA_BUNDLE/)
  t.same(trust(directory, root, '--uninstall').ran, ['rm', 'update-ca-certificates'])
  t.same(trust(directory, root, '--install', '--target', 'git').ran, ['git', 'git'], 'read, then write')
  const missing = trust(directory, fakeMachine({ distributions: ['alpine'] }), '--install')
  t.match(missing, { code: 1, text: /FAILED +needs update-ca-certificates: apk add ca-certificates/ })
  t.match(trust(directory, fakeMachine({}), '--install'), { code: 0, text: /Nothing in the table/ })
})

t.test('wrong command lines', async (t) => {
  const directory = join(t.testdir(), 'ca')
  t.throws(() => trust(directory, fakeMachine({}), '--target', 'atari'), UsageError)
  t.throws(() => trust(directory, fakeMachine({}), '--install', '--uninstall'), UsageError)
  t.throws(() => trust(directory, fakeMachine({}), 'now'), UsageError)
  t.throws(() => trust(directory, fakeMachine({}), '--uninstall'), { code: 'ca_missing', message: /holds no CA; name its directory/ })
  t.notOk(existsSync(directory), 'and no CA was made')
})

/** The real machine with a home of its own; root's privileges are not needed, and not used. */
function atHome(home: string, env: Readonly<Record<string, string>> = {}): Machine {
  return { ...thisMachine({ ...process.env, HOME: home, ...env }), isRoot: false }
}

const noNss = process.platform === 'linux' ? lacking('certutil') : 'NSS databases of Linux'

t.test('NSS: a Firefox profile and the database of Chromium', { skip: noNss }, async (t) => {
  const home = t.testdir({ '.mozilla': { firefox: { 'a b.default': {} } } })
  const machine = atHome(home)
  const profile = join(home, '.mozilla', 'firefox', 'a b.default')
  execFileSync('certutil', ['-N', '-d', `sql:${profile}`, '--empty-password'])
  const databases = [profile, join(home, '.pki', 'nssdb')]
  const list = (database: string) => execFileSync('certutil', ['-L', '-d', `sql:${database}`], { encoding: 'utf8' })
  const targets = ['--target', 'firefox', '--target', 'chromium']
  for (const round of ['once', 'again']) {
    t.match(trust(join(home, 'ca'), machine, '--install', ...targets), { code: 0 }, `installed ${round}`)
    for (const database of databases) t.match(list(database), /soth-mitm-[0-9a-f]{8} +C,,/)
  }
  new CaStore(join(home, 'ca'), Date.now).rotate()
  t.match(trust(join(home, 'ca'), machine, '--install', ...targets), { code: 0 }, 'the CA after a rotation, beside the old one')
  for (const database of databases) t.equal(list(database).match(/soth-mitm-/g)?.length, 2)
  t.match(trust(join(home, 'ca'), machine, '--uninstall', ...targets), { code: 0 })
  for (const database of databases) t.notMatch(list(database), /soth-mitm/)
  t.match(
    trust(join(home, 'ca'), machine, '--uninstall', ...targets),
    { code: 0, text: /nothing to do +certutil -D/ },
    'nothing left to undo',
  )
})

const keytool = thisMachine().find('keytool') ?? ''
const cacerts = join(keytool === '' ? '' : dirname(realpathSync(keytool)), '..', 'lib', 'security', 'cacerts')
const noJava = lacking('keytool') || (!existsSync(cacerts) && 'keytool has no cacerts beside it')

t.test('Java: a copy of a runtime’s cacerts', { skip: noJava }, async (t) => {
  const home = t.testdir()
  const store = join(home, 'jdk', 'lib', 'security', 'cacerts')
  mkdirSync(dirname(store), { recursive: true })
  copyFileSync(cacerts, store)
  const machine = atHome(home, { JAVA_HOME: join(home, 'jdk') })
  const list = () => execFileSync(keytool, ['-list', '-keystore', store, '-storepass', 'changeit'], { encoding: 'utf8' })
  const java = (...args: string[]) => trust(join(home, 'ca'), machine, ...args, '--target', 'java')
  t.match(java('--install'), { code: 0, text: /done +keytool -importcert -keystore/ })
  t.match(list(), /soth-mitm-[0-9a-f]{8}, .*trustedCertEntry/)
  t.match(java('--install'), { code: 0, text: /nothing to do +keytool/ })
  new CaStore(join(home, 'ca'), Date.now).rotate()
  t.match(java('--install'), { code: 0, text: /done +keytool/ })
  t.equal(list().match(/soth-mitm-/g)?.length, 2)
  t.match(java('--uninstall'), { code: 0, text: /done +keytool -delete/ })
  t.notMatch(list(), /soth-mitm/)
  t.match(java('--uninstall'), { code: 0, text: /nothing to do +keytool/ })
})

t.test('git: set and unset in the home’s own configuration; another value stays', { skip: lacking('git') }, async (t) => {
  const home = t.testdir()
  const machine = atHome(home)
  const git = (...args: string[]) => execFileSync('git', ['config', '--global', ...args], { env: machine.env, encoding: 'utf8' }).trim()
  const run = (direction: string) => trust(join(home, 'ca'), machine, direction, '--target', 'git')
  t.match(run('--install'), { code: 0, text: /done +git config/ })
  t.equal(git('--get', 'http.sslCAInfo'), join(home, 'ca', 'ca-bundle.pem'))
  t.match(run('--uninstall'), { code: 0, text: /done +git config --global --unset/ })
  git('http.sslCAInfo', '/company.pem')
  for (const direction of ['--install', '--uninstall'])
    t.match(run(direction), { code: 0, text: /left alone[\s\S]*company\.pem, which is not ours/ })
  t.equal(git('--get', 'http.sslCAInfo'), '/company.pem')
})
