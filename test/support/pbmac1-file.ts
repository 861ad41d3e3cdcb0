/** A PKCS#12 file with its MAC exchanged for a PBMAC1 (RFC 9579), written from the specification and not from our reader. */

import { createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { firstChild, nextSibling, readElement } from '../../src/workers/tls/x509/der-reader.ts'
import { type Asn1, embed, encode, nullValue, octetString, oid, sequence, smallInteger } from '../../src/workers/tls/x509/der-writer.ts'

const HMAC_OIDS = {
  sha1: '1.2.840.113549.2.7',
  sha224: '1.2.840.113549.2.8',
  sha256: '1.2.840.113549.2.9',
  sha384: '1.2.840.113549.2.10',
  sha512: '1.2.840.113549.2.11',
}

export interface Pbmac1Choice {
  readonly hash: keyof typeof HMAC_OIDS
  readonly prf: keyof typeof HMAC_OIDS
  readonly iterations: number
  readonly keyBytes: number
}

function hmac(hash: keyof typeof HMAC_OIDS): Asn1 {
  return sequence([oid(HMAC_OIDS[hash]), nullValue()])
}

/** `pfx`: in DER, with a MAC or without. */
export function withPbmac1(pfx: Buffer, password: string, { hash, prf, iterations, keyBytes }: Pbmac1Choice): Buffer {
  const outer = readElement(pfx, 0, pfx.length)
  const version = outer && firstChild(pfx, outer)
  const authSafe = outer && version && nextSibling(pfx, outer, version)
  const type = authSafe && firstChild(pfx, authSafe)
  const wrapped = authSafe && type && nextSibling(pfx, authSafe, type)
  const content = wrapped && firstChild(pfx, wrapped)
  if (authSafe === undefined || content === undefined) throw new Error('no PKCS#12')
  const salt = randomBytes(16)
  const key = pbkdf2Sync(Buffer.from(password, 'utf8'), salt, iterations, keyBytes, prf)
  const mac = createHmac(hash, key).update(pfx.subarray(content.value, content.end)).digest()
  const derivation = sequence([octetString(salt), smallInteger(iterations), smallInteger(keyBytes), hmac(prf)])
  const parameters = sequence([sequence([oid('1.2.840.113549.1.5.12'), derivation]), hmac(hash)])
  const digestInfo = sequence([sequence([oid('1.2.840.113549.1.5.14'), parameters]), octetString(mac)])
  const macData = sequence([digestInfo, octetString(Buffer.from('NOT USED')), smallInteger(1)])
  return encode(sequence([smallInteger(3), embed(pfx.subarray(authSafe.start, authSafe.end)), macData]))
}
