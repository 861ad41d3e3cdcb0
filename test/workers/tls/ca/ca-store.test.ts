/**
 * The CA store on a real folder: first run, processes racing, rotation, damage and permissions.
 */

import { execFile } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { CA_LIFETIME_MS, CA_OVERLAP_MS } from '../../../../src/shared/limits/certificates.ts'
import { CaError, type CaErrorCode } from '../../../../src/workers/tls/ca/ca-error.ts'
import { CaStore } from '../../../../src/workers/tls/ca/ca-store.ts'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'

const DAY_MS = 86_400_000
const opener = fileURLToPath(new URL('../../../support/processes/open-ca.js', import.meta.url))
const isRoot = process.getuid?.() === 0

function refuses(t: Test, code: CaErrorCode, action: () => unknown): void {
  try {
    action()
    t.fail(`expected ${code}`)
  } catch (error) {
    if (!(error instanceof CaError)) throw error
    t.equal(error.code, code, error.message)
    t.ok(error.remedy.length > 0, 'has a remedy')
  }
}

t.test('first run creates, later runs load the same', (t) => {
  const directory = join(t.testdir(), 'deep', 'ca')
  const store = new CaStore(directory, Date.now)
  const first = store.open()
  t.equal(first.created, true)
  t.equal(statSync(directory).mode & 0o777, 0o700)
  t.equal(statSync(first.keyFile).mode & 0o777, 0o600)
  t.equal(statSync(first.certificateFile).mode & 0o777, 0o644)
  const second = store.open()
  t.equal(second.created, false)
  t.same(second.authority.material, first.authority.material)
  t.equal(readFileSync(second.certificateFile, 'utf8'), first.authority.material.certificatePem)
  t.notMatch(readFileSync(second.certificateFile, 'utf8'), /PRIVATE/)
  t.same(readdirSync(directory).sort(), ['ca-key.pem', 'ca.pem'], 'no temporary file is left')
  unlinkSync(first.certificateFile)
  store.open()
  t.ok(existsSync(first.certificateFile), 'the public file is made anew')
  t.end()
})

t.test('processes that start at once agree on one CA', async (t) => {
  const run = promisify(execFile)
  for (let round = 0; round < 3; round++) {
    const directory = join(t.testdir(), `ca-${round}`)
    const startAtMs = String(Date.now() + 1_500)
    const runs = await Promise.all(Array.from({ length: 6 }, () => run(process.execPath, [opener, directory, startAtMs])))
    const lines = runs.map(({ stdout }) => stdout.trim().split(' '))
    t.equal(new Set(lines.map(([fingerprint]) => fingerprint)).size, 1, 'one fingerprint')
    t.equal(lines.filter(([, created]) => created === 'true').length, 1, 'one creator')
    t.same(readdirSync(directory).sort(), ['ca-key.pem', 'ca.pem'])
  }
})

t.test('rotation publishes the old certificate for an overlap', (t) => {
  const directory = t.testdir()
  let nowMs = Date.now()
  const store = new CaStore(directory, () => nowMs)
  const old = store.open().authority
  nowMs += 10 * DAY_MS
  const rotated = store.rotate().authority
  t.not(rotated.certificate.fingerprint256, old.certificate.fingerprint256)
  t.not(rotated.certificate.subject, old.certificate.subject, 'chain builders can tell them apart by name')
  const both = [rotated.material.certificatePem, old.material.certificatePem]
  t.equal(readFileSync(join(directory, 'ca.pem'), 'utf8'), both.join(''))
  t.same(store.open().authority.material, rotated.material, 'the overlap survives a restart')
  nowMs += CA_OVERLAP_MS - 1_000
  t.same(store.open().authority.publishedPems(nowMs), both)
  nowMs += 2_000
  store.open()
  t.equal(readFileSync(join(directory, 'ca.pem'), 'utf8'), rotated.material.certificatePem, 'the overlap is over')
  const again = store.rotate().authority
  t.equal(again.material.previous.length, 1, 'what is past its overlap is forgotten')
  t.end()
})

t.test('an expired CA is refused on open and can be rotated', (t) => {
  let nowMs = Date.now()
  const store = new CaStore(t.testdir(), () => nowMs)
  store.open()
  nowMs += CA_LIFETIME_MS
  refuses(t, 'ca_expired', () => store.open())
  const rotated = store.rotate()
  t.equal(rotated.authority.material.previous.length, 0, 'nobody needs an expired certificate')
  t.equal(store.open().created, false)
  nowMs -= CA_LIFETIME_MS + 3 * DAY_MS
  refuses(t, 'ca_not_yet_valid', () => store.open())
  t.end()
})

t.test('install puts an own CA in place', (t) => {
  const store = new CaStore(join(t.testdir(), 'ca'), Date.now)
  refuses(t, 'ca_missing', () => store.load())
  refuses(t, 'ca_missing', () => store.rotate())
  const first = createAuthority(Date.now())
  t.equal(store.install(first.material, false).authority.certificate.fingerprint256, first.certificate.fingerprint256)
  const second = createAuthority(Date.now())
  refuses(t, 'ca_exists', () => store.install(second.material, false))
  const replaced = store.install(second.material, true).authority
  t.same(replaced.publishedPems(Date.now()), [second.material.certificatePem, first.material.certificatePem])
  refuses(t, 'ca_expired', () => store.install(createAuthority(Date.now() - CA_LIFETIME_MS).material, true))
  t.equal(store.load().authority.certificate.fingerprint256, second.certificate.fingerprint256, 'a refused CA changes nothing')
  t.end()
})

t.test('damage is told apart', (t) => {
  const directory = t.testdir()
  const store = new CaStore(directory, Date.now)
  const { keyFile, authority } = store.open()
  const other = createAuthority(Date.now()).material
  const { keyPem, certificatePem } = authority.material
  const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pw' } as const
  const encrypted = createPrivateKey(keyPem).export(cipher).toString()
  const damages: readonly [CaErrorCode, string][] = [
    ['ca_corrupt', ''],
    ['ca_corrupt', 'garbage'],
    ['ca_corrupt', keyPem],
    ['ca_corrupt', certificatePem],
    ['ca_corrupt', keyPem + certificatePem.slice(0, -40)],
    ['ca_corrupt', keyPem + certificatePem.replace(/[A-Za-z0-9]{20}/, '')],
    ['ca_corrupt', keyPem.replace(/\n.{30}/, '\n') + certificatePem],
    ['ca_corrupt', 'x'.repeat(2_000_000)],
    ['ca_key_mismatch', other.keyPem + certificatePem],
    ['ca_password', encrypted + certificatePem],
  ]
  for (const [code, text] of damages) {
    writeFileSync(keyFile, text)
    refuses(t, code, () => store.open())
    t.throws(() => store.open(), { message: new RegExp(`^${keyFile.replaceAll('.', '\\.')}`) }, 'it is named')
  }
  for (const text of [`\ufeff${keyPem}${certificatePem}`.replaceAll('\n', '\r\n'), (keyPem + certificatePem).replaceAll(/^/gm, '  ')]) {
    writeFileSync(keyFile, text)
    t.same(store.open().authority.material, authority.material, 'saved anew by an editor')
  }
  writeFileSync(keyFile, '')
  t.equal(store.install(other, true).created, true, 'a damaged CA can be replaced')
  t.end()
})

t.test('paths that cannot be used', (t) => {
  const directory = t.testdir({ file: '', taken: { 'ca-key.pem': {} } })
  refuses(t, 'ca_unreadable', () => new CaStore(join(directory, 'file'), Date.now).open())
  refuses(t, 'ca_unreadable', () => new CaStore(join(directory, 'taken'), Date.now).open())
  refuses(t, 'ca_unwritable', () => new CaStore('/proc/soth-mitm', Date.now).open())
  mkdirSync(join(directory, 'endless'))
  symlinkSync('/dev/zero', join(directory, 'endless', 'ca-key.pem'))
  refuses(t, 'ca_unreadable', () => new CaStore(join(directory, 'endless'), Date.now).open())
  mkdirSync(join(directory, 'dangling'))
  symlinkSync('nowhere', join(directory, 'dangling', 'ca-key.pem'))
  refuses(t, 'ca_unreadable', () => new CaStore(join(directory, 'dangling'), Date.now).open())
  t.end()
})

t.test('permissions of the system apply', { skip: isRoot ? 'root may read and write everything' : false }, (t) => {
  const directory = join(t.testdir(), 'ca')
  mkdirSync(directory, { mode: 0o500 })
  refuses(t, 'ca_unwritable', () => new CaStore(directory, Date.now).open())
  chmodSync(directory, 0o700)
  const { keyFile } = new CaStore(directory, Date.now).open()
  chmodSync(keyFile, 0o000)
  refuses(t, 'ca_unreadable', () => new CaStore(directory, Date.now).open())
  t.end()
})

t.test('a key or a directory that is open to others is warned of', (t) => {
  const store = new CaStore(t.testdir(), Date.now)
  const { keyFile } = store.open()
  chmodSync(keyFile, 0o644)
  t.match(store.open().warnings, [/accessible to other users/])
  chmodSync(keyFile, 0o600)
  t.same(store.open().warnings, [])
  chmodSync(dirname(keyFile), 0o777)
  t.match(store.open().warnings, [/can be written to by everybody/])
  t.end()
})
