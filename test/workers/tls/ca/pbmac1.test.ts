/** PBMAC1: read and checked as OpenSSL does; what is no such MAC reads as none. */

import { createSecureContext } from 'node:tls'
import t from 'tap'
import { exportIdentityPkcs12 } from '../../../../src/workers/tls/ca/ca-export.ts'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'
import { readPbmac1, verifyPbmac1 } from '../../../../src/workers/tls/ca/pbmac1.ts'
import { type Pbmac1Choice, withPbmac1 } from '../../../support/pbmac1-file.ts'

const CHOICES: readonly Pbmac1Choice[] = [
  { hash: 'sha256', prf: 'sha256', iterations: 2_048, keyBytes: 32 },
  { hash: 'sha256', prf: 'sha512', iterations: 1, keyBytes: 32 },
  { hash: 'sha512', prf: 'sha512', iterations: 300, keyBytes: 64 },
  { hash: 'sha384', prf: 'sha224', iterations: 128, keyBytes: 48 },
  { hash: 'sha1', prf: 'sha1', iterations: 70_000, keyBytes: 20 },
]
const PASSWORDS = ['pass word', 'Pässwörd€', '']
const plain = exportIdentityPkcs12(createAuthority(Date.now()), 'pass word').bytes
/** OpenSSL reads PBMAC1 from 3.4 on. */
const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number)
const readsPbmac1 = major > 3 || (major === 3 && minor >= 4)

t.test('every hash, key length and password', async (t) => {
  for (const choice of CHOICES) {
    for (const password of PASSWORDS) {
      const name = `${JSON.stringify(choice)} ${password}`
      const file = withPbmac1(plain, password, choice)
      const mac = readPbmac1(file)
      if (mac === undefined) throw new Error(name)
      t.match(mac, choice, name)
      t.ok(verifyPbmac1(mac, password), name)
      t.notOk(verifyPbmac1(mac, `${password}x`), name)
      t.notOk(verifyPbmac1({ ...mac, content: Buffer.concat([mac.content, Buffer.from([0])]) }, password), name)
    }
  }
})

t.test('OpenSSL takes the files that we read', { skip: readsPbmac1 ? false : 'its OpenSSL knows no PBMAC1' }, async (t) => {
  for (const choice of CHOICES) {
    const pfx = withPbmac1(plain, 'pass word', choice)
    t.doesNotThrow(() => createSecureContext({ pfx, passphrase: 'pass word' }), JSON.stringify(choice))
  }
})

t.test('other MACs, absurd parameters and other octets have none', async (t) => {
  t.equal(readPbmac1(plain), undefined, 'the MAC of RFC 7292')
  const [good] = CHOICES
  if (good === undefined) throw new Error('no choice')
  t.equal(readPbmac1(withPbmac1(plain, 'x', { ...good, keyBytes: 65 })), undefined)
  const file = withPbmac1(plain, 'x', good)
  for (let length = 0; length < file.length; length++) t.equal(readPbmac1(file.subarray(0, length)), undefined)
  const { content, mac } = readPbmac1(file) ?? { content: plain, mac: plain }
  for (let at = 0; at < file.length; at++) {
    const wrong = Buffer.from(file)
    wrong[at] = (wrong[at] ?? 0) ^ 0xff
    t.doesNotThrow(() => readPbmac1(wrong), `octet ${at}`)
  }
  // Both are views of `file`.
  for (const part of [content, mac]) {
    for (let at = 0; at < part.length; at += 7) {
      part[at] = (part[at] ?? 0) ^ 0x01
      const altered = readPbmac1(file)
      t.equal(altered !== undefined && verifyPbmac1(altered, 'x'), false, `octet ${at}`)
      part[at] = (part[at] ?? 0) ^ 0x01
    }
  }
  const restored = readPbmac1(file)
  t.equal(restored !== undefined && verifyPbmac1(restored, 'x'), true)
})
