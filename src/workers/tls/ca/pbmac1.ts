/**
 * PBMAC1 in PKCS#12 (RFC 9579): the MAC of files that keep to FIPS, as `openssl pkcs12 -pbmac1_pbkdf2` and Java 26 write them.
 *
 *     PFX ─┬─ version
 *          ├─ authSafe ─ [0] ─ OCTET STRING            what is authenticated
 *          └─ macData ─┬─ mac ─┬─ pbmac1, { PBKDF2, { salt, iterations, length, prf } }, { HMAC } }
 *                      │       └─ OCTET STRING         the MAC
 *                      └─ salt, iterations             not used (RFC 9579 §5)
 *
 * Reads DER only: a file in BER, or with another MAC, reads as one without. Any thread.
 */

import { createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { type DerElement, firstChild, nextSibling, readElement, TAG_INTEGER, TAG_OCTET_STRING, valueEquals } from '../x509/der-reader.ts'

/** 1.2.840.113549.1.5.14 and .12 */
const PBMAC1 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0e]
const PBKDF2 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c]
/** 1.2.840.113549.2.n, HMAC by hash (RFC 8018 App. B.1.1), less the last octet. */
const HMAC = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02]
const HMAC_HASHES: readonly (readonly [number, string])[] = [
  [7, 'sha1'],
  [8, 'sha224'],
  [9, 'sha256'],
  [10, 'sha384'],
  [11, 'sha512'],
]

/** Several seconds of work; OpenSSL writes 2,048, Java 10,000. */
const ITERATIONS_LIMIT = 10_000_000
/** The longest HMAC; RFC 9579 §4 wants keys as long as the hash. */
const KEY_LIMIT_BYTES = 64

export interface Pbmac1 {
  readonly content: Buffer
  readonly salt: Buffer
  readonly iterations: number
  readonly keyBytes: number
  /** Hash of the key derivation's HMAC. */
  readonly prf: string
  readonly hash: string
  readonly mac: Buffer
}

/** What a PKCS#12 file says of its PBMAC1; undefined where it has none that can be read. */
export function readPbmac1(pfx: Buffer): Pbmac1 | undefined {
  const [, authSafe, macData] = children(pfx, readElement(pfx, 0, pfx.length))
  const [digestInfo] = children(pfx, macData)
  const [algorithm, mac] = children(pfx, digestInfo)
  const [type, parameters] = children(pfx, algorithm)
  if (type === undefined || !valueEquals(pfx, type, PBMAC1) || mac?.tag !== TAG_OCTET_STRING) return undefined
  const [derivation, scheme] = children(pfx, parameters)
  const [derivationType, derivationParameters] = children(pfx, derivation)
  if (derivationType === undefined || !valueEquals(pfx, derivationType, PBKDF2)) return undefined
  const [salt, iterations, length, prf] = children(pfx, derivationParameters)
  const [, wrapped] = children(pfx, authSafe)
  const [content] = children(pfx, wrapped)
  if (salt?.tag !== TAG_OCTET_STRING || content?.tag !== TAG_OCTET_STRING) return undefined
  const found = {
    iterations: integer(pfx, iterations),
    keyBytes: integer(pfx, length),
    prf: hmacHash(pfx, prf),
    hash: hmacHash(pfx, scheme),
  }
  const { hash, keyBytes, prf: prfHash } = found
  if (hash === undefined || prfHash === undefined || keyBytes < 1 || keyBytes > KEY_LIMIT_BYTES) return undefined
  if (found.iterations < 1 || found.iterations > ITERATIONS_LIMIT) return undefined
  const value = (element: DerElement) => pfx.subarray(element.value, element.end)
  return { content: value(content), salt: value(salt), iterations: found.iterations, keyBytes, prf: prfHash, hash, mac: value(mac) }
}

/** Whether the file is whole and the password its own: taken in UTF-8 (RFC 9579 §4). */
export function verifyPbmac1({ content, salt, iterations, keyBytes, prf, hash, mac }: Pbmac1, password: string): boolean {
  const key = pbkdf2Sync(password, salt, iterations, keyBytes, prf)
  const expected = createHmac(hash, key).update(content).digest()
  return mac.length === expected.length && timingSafeEqual(mac, expected)
}

function children(bytes: Buffer, parent: DerElement | undefined): DerElement[] {
  const found: DerElement[] = []
  if (parent === undefined) return found
  for (let item = firstChild(bytes, parent); item !== undefined; item = nextSibling(bytes, parent, item)) found.push(item)
  return found
}

/** 0 where there is none below 2^32. */
function integer(bytes: Buffer, element: DerElement | undefined): number {
  if (element?.tag !== TAG_INTEGER || element.end - element.value > 5) return 0
  return bytes.subarray(element.value, element.end).reduce((value, octet) => value * 256 + octet, 0)
}

/** AlgorithmIdentifier of an HMAC. */
function hmacHash(bytes: Buffer, algorithm: DerElement | undefined): string | undefined {
  const [type] = children(bytes, algorithm)
  if (type === undefined) return undefined
  return HMAC_HASHES.find(([last]) => valueEquals(bytes, type, [...HMAC, last]))?.[1]
}
