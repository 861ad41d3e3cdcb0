/**
 * The CA commands in one directory: show, export, rotate, import, and wrong command lines. As a process: run-cli.test.ts.
 */

import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runCaCommand } from '../../src/cli/ca-command.ts'
import { CaStore } from '../../src/workers/tls/ca/ca-store.ts'

t.test('show, export, rotate and import, one after another', (t) => {
  const directory = t.testdir({ password: 'pass word\n', empty: '\n', out: {} })
  const at = (name: string) => join(directory, name)
  const run = (...args: string[]) => runCaCommand(args, at('ca'), Date.now)
  t.match(run('show'), { exitCode: 1, text: /^[^\n]* holds no CA; Start soth-mitm once[^\n]*\n$/ })
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
  t.match(runCaCommand(['show', '--ca-dir', at('ca')], at('elsewhere'), Date.now), { exitCode: 0 })
  t.notOk(existsSync(at('elsewhere')))
  t.end()
})

t.test('wrong command lines', (t) => {
  const directory = t.testdir()
  new CaStore(directory, Date.now).open()
  const run = (...args: string[]) => runCaCommand(args, directory, Date.now)
  t.match(run('--help'), { exitCode: 0, text: /^Usage/ })
  t.match(run(), { exitCode: 2, text: /^Usage/ })
  const table = [
    ['frobnicate'],
    ['show', 'more'],
    ['import'],
    ['export', '--format', 'xml'],
    ['export', '--format', 'der'],
    ['show', '--bad'],
  ]
  for (const args of table) t.match(run(...args), { exitCode: 2, text: /Usage/ }, args.join(' '))
  t.match(run('import', join(directory, 'none')), { exitCode: 1, text: /cannot read/ })
  t.end()
})
