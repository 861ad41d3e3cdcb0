/**
 * The CA commands in one directory: show, export, rotate, import, and wrong command lines. As a process: run-cli.test.ts.
 */

import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { UsageError } from '../../src/cli/arguments/usage-error.ts'
import { runCaCommand } from '../../src/cli/ca-command.ts'
import { CaError } from '../../src/workers/tls/ca/ca-error.ts'
import { CaStore } from '../../src/workers/tls/ca/ca-store.ts'
import { REAL_CLI } from '../support/processes/cli-process.ts'

/** As the process ends: 1 for what could not be done, 2 for a wrong line. */
function outcome(args: readonly string[], directory: string): { exitCode: number; text: string } {
  try {
    return { exitCode: 0, text: runCaCommand(args, directory, Date.now) }
  } catch (error) {
    if (error instanceof UsageError) return { exitCode: 2, text: error.message }
    if (error instanceof CaError) return { exitCode: 1, text: error.message }
    throw error
  }
}

t.test('show, export, rotate and import, one after another', (t) => {
  const directory = t.testdir({ password: 'pass word\n', empty: '\n', out: {} })
  const at = (name: string) => join(directory, name)
  const run = (...args: string[]) => outcome(args, at('ca'))
  t.match(run('show'), { exitCode: 1, text: /^[^\n]* holds no CA; start soth-mitm once[^\n]*$/ })
  const { authority } = new CaStore(at('ca'), Date.now).open()
  t.match(run('show'), { exitCode: 0, text: authority.certificate.fingerprint256 })
  t.same(run('export'), { exitCode: 0, text: authority.material.certificatePem })

  t.equal(run('export', '--format', 'der', '--out', at('ca.cer')).exitCode, 0)
  t.equal(new X509Certificate(readFileSync(at('ca.cer'))).fingerprint256, authority.certificate.fingerprint256)
  t.match(run('export', '--format', 'der', '--out', at('ca.cer')), { exitCode: 1, text: /EEXIST/ }, 'nothing is overwritten')
  t.match(run('export', '--format', 'p12', '--out', at('ca.p12')), { exitCode: 2, text: /--password-file/ })
  t.match(run('export', '--format', 'p12', '--out', at('ca.p12'), '--password-file', at('empty')), { exitCode: 1, text: /no password/ })
  t.equal(run('export', '--format', 'p12', '--out', at('ca.p12'), '--password-file', at('password')).exitCode, 0)
  t.equal(statSync(at('ca.p12')).mode & 0o777, 0o600)
  t.equal(run('export', '--format', 'jks', '--out', at('trust.p12')).exitCode, 0)

  t.match(run('rotate'), { exitCode: 0, text: /^Rotated(.|\n)*stays published until/ })
  t.match(run('export').text, authority.material.certificatePem, 'the old one is still exported')
  t.equal(run('export', '--format', 'hash', '--out', at('out')).exitCode, 0)
  t.equal(readdirSync(at('out')).length, 2)

  t.match(run('import', at('ca.p12')), { exitCode: 1, text: /password/ })
  t.match(run('import', at('ca.p12'), '--password-file', at('password')), { exitCode: 1, text: /holds a CA already/ })
  const imported = run('import', at('ca.p12'), '--password-file', at('password'), '--replace')
  t.match(imported, { exitCode: 0, text: authority.certificate.fingerprint256 }, 'back to the first')
  t.match(outcome(['show', '--ca-dir', at('ca')], at('elsewhere')), { exitCode: 0 })
  t.notOk(existsSync(at('elsewhere')))
  t.end()
})

t.test('an export that finds no room leaves nothing behind', { skip: process.platform === 'win32' && 'no limits of a shell' }, (t) => {
  const directory = t.testdir()
  new CaStore(directory, Date.now).open()
  const out = join(directory, 'out.pem')
  const command = [process.execPath, fileURLToPath(REAL_CLI), 'ca', 'export', '--ca-dir', directory, '--out', out]
  // Files of no octets only, as on a full disk; Node does not let the signal end it.
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { status, stderr } = spawnSync('sh', ['-c', 'ulimit -f 0 && exec "$@"', 'sh', ...command], { encoding: 'utf8', env })
  t.match({ status, stderr }, { status: 1, stderr: /^soth-mitm: cannot write .*out\.pem: file too large \(EFBIG\); give a new file/ })
  t.notOk(existsSync(out))
  t.end()
})

t.test('wrong command lines', (t) => {
  const directory = t.testdir()
  new CaStore(directory, Date.now).open()
  const run = (...args: string[]) => outcome(args, directory)
  const table: readonly (readonly [line: readonly string[], message: RegExp])[] = [
    [[], /^COMMAND: is missing; /],
    [['frobnicate'], /^ca frobnicate: unknown command; see /],
    [['exprot'], /^ca exprot: unknown command; did you mean ca export\?$/],
    [['show', 'more'], /^more: unexpected argument; /],
    [['import'], /^ca import: needs at least one file; /],
    [['export', '--format', 'xml'], /^--format xml: unknown format; choose of pem, /],
    [['export', '--format', 'der'], /^--format der: needs another flag; add --out FILE$/],
    [['show', '--bad'], /^--bad: unknown flag; /],
    [['show', '--ca-dir', 'a', '--ca-dir', 'b'], /^--ca-dir: is given more than once; /],
  ]
  for (const [line, text] of table) t.match(run(...line), { exitCode: 2, text }, line.join(' '))
  t.match(run('import', join(directory, 'none')), { exitCode: 1, text: /cannot read/ })
  if (existsSync('/dev/zero')) t.match(run('import', '/dev/zero'), { exitCode: 1, text: /^\/dev\/zero is too large/ })
  t.end()
})
