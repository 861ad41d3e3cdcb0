/**
 * wrongPki: X.509 certificates that are wrong in whatever way a test wishes. Every part can be replaced by octets of the
 * test's own; what is not replaced is right. Nothing here checks anything.
 */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { bits, boolean, context, der, integer, octets, oid, sequence } from './der.ts'

const DAY_MS = 86_400_000

export const OIDS = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const

export type Digest = 'sha256' | 'sha1' | 'md5'
const ECDSA: Readonly<Record<Digest, string>> = { sha256: '1.2.840.10045.4.3.2', sha1: '1.2.840.10045.4.1', md5: '' }
const RSA: Readonly<Record<Digest, string>> = { sha256: '1.2.840.113549.1.1.11', sha1: '1.2.840.113549.1.1.5', md5: '1.2.840.113549.1.1.4' }

export interface Keys {
  readonly privateKey: KeyObject
  readonly spki: Buffer
}

export interface Made extends Keys {
  readonly name: string
  readonly der: Buffer
  readonly pem: string
  readonly keyPem: string
  readonly serial: Buffer
}

export interface Wish {
  readonly name?: string
  readonly keys?: Keys
  readonly issuer?: Made
  /** What the certificate names as its issuer; default: the issuer's name. */
  readonly issuerName?: string
  /** 0 is version 1. */
  readonly version?: number
  readonly notBefore?: Date | Buffer
  readonly notAfter?: Date | Buffer
  readonly digest?: Digest
  /** The algorithm inside the signed part, where it shall differ from the one outside. */
  readonly innerAlgorithm?: Buffer
  readonly algorithm?: Buffer
  /** Whole extensions, in order. */
  readonly extensions: (keyId: Buffer, issuerKeyId: Buffer) => readonly Buffer[]
  /** Changes the signature. */
  readonly signature?: (signature: Buffer) => Buffer
  /** Changes the finished certificate. */
  readonly afterwards?: (certificate: Buffer) => Buffer
}

export function ecKeys(): Keys {
  return keysOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
}

export function rsaKeys(modulusLength: number): Keys {
  return keysOf(generateKeyPairSync('rsa', { modulusLength }))
}

function keysOf({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): Keys {
  return { privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }) }
}

export function make(wish: Wish): Made {
  const keys = wish.keys ?? ecKeys()
  const name = wish.name ?? 'leaf'
  const issuer = wish.issuer ?? { ...keys, name }
  const digest = wish.digest ?? 'sha256'
  const isRsa = issuer.privateKey.asymmetricKeyType === 'rsa'
  const algorithm = wish.algorithm ?? (isRsa ? sequence(oid(RSA[digest]), der(0x05)) : sequence(oid(ECDSA[digest])))
  const serial = Buffer.concat([Buffer.of(0x41), randomBytes(15)])
  const extensions = wish.extensions(keyId(keys), keyId(issuer))
  const tbs = sequence(
    ...(wish.version === 0 ? [] : [context(0, true, integer(wish.version ?? 2))]),
    integer(...serial),
    wish.innerAlgorithm ?? algorithm,
    distinguishedName(wish.issuerName ?? issuer.name),
    sequence(time(wish.notBefore ?? daysFromNow(-1)), time(wish.notAfter ?? daysFromNow(30))),
    distinguishedName(name),
    keys.spki,
    ...(extensions.length === 0 ? [] : [context(3, true, sequence(...extensions))]),
  )
  const signature = sign(digest, tbs, issuer.privateKey)
  const whole = sequence(tbs, algorithm, bits(wish.signature === undefined ? signature : wish.signature(signature)))
  const certificate = wish.afterwards === undefined ? whole : wish.afterwards(whole)
  const pem = `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`
  const keyPem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { ...keys, name, der: certificate, pem, keyPem, serial }
}

export function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * DAY_MS)
}

/** UTCTime, GeneralizedTime from 2050 on; or whatever the test has written. */
function time(when: Date | Buffer): Buffer {
  if (!(when instanceof Date)) return when
  const text = `${when.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  return when.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text))
}

/** One common name; an empty name is an empty sequence. */
function distinguishedName(name: string): Buffer {
  return name === '' ? sequence() : sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(name)))))
}

function keyId({ spki }: Pick<Keys, 'spki'>): Buffer {
  return createHash('sha1').update(spki).digest()
}

export function extension(id: string, isCritical: boolean, value: Uint8Array): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value))
}

export const basicConstraints = (isCa: boolean, pathLength?: number): Buffer =>
  extension('2.5.29.19', true, sequence(...(isCa ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])))
/** `usage` has digitalSignature as its highest bit (RFC 5280 §4.2.1.3). */
export const keyUsage = (usage: number): Buffer => extension('2.5.29.15', true, bits(Buffer.of(usage)))
export const extendedKeyUsage = (...ids: readonly string[]): Buffer => extension('2.5.29.37', false, sequence(...ids.map(oid)))
export const subjectKeyIdentifier = (id: Buffer): Buffer => extension('2.5.29.14', false, octets(id))
export const authorityKeyIdentifier = (id: Buffer): Buffer => extension('2.5.29.35', false, sequence(context(0, false, id)))
export const alternativeNames = (...names: readonly Uint8Array[]): Buffer => extension('2.5.29.17', false, sequence(...names))
export const dnsName = (name: string | Buffer): Buffer => context(2, false, Buffer.from(name))
export const emailName = (name: string): Buffer => context(1, false, Buffer.from(name))
export const uriName = (name: string): Buffer => context(6, false, Buffer.from(name))
export const ipName = (...address: readonly number[]): Buffer => context(7, false, Buffer.from(address))
export const nameConstraints = (permitted: readonly Uint8Array[], excluded: readonly Uint8Array[] = []): Buffer =>
  extension(
    '2.5.29.30',
    true,
    sequence(
      ...(permitted.length === 0 ? [] : [context(0, true, ...permitted.map((name) => sequence(name)))]),
      ...(excluded.length === 0 ? [] : [context(1, true, ...excluded.map((name) => sequence(name)))]),
    ),
  )

const KEY_CERT_SIGN = 0x06
const DIGITAL_SIGNATURE = 0x80

/** A CA; `more` is laid over it. */
export function makeCa(name: string, issuer?: Made, more: Partial<Wish> = {}): Made {
  return make({
    name,
    ...(issuer === undefined ? {} : { issuer }),
    extensions: (own, above) => caExtensions(own, above),
    ...more,
  })
}

export function caExtensions(own: Buffer, above: Buffer, constraints = basicConstraints(true)): Buffer[] {
  return [constraints, keyUsage(KEY_CERT_SIGN), subjectKeyIdentifier(own), authorityKeyIdentifier(above)]
}

/** A server's certificate; `spoilt` replaces extensions by their identifier, or adds them; null removes one. */
export function makeLeaf(
  issuer: Made | undefined,
  names: readonly Uint8Array[],
  more: Partial<Wish> = {},
  spoilt: LeafExtensions = {},
): Made {
  return make({
    ...(issuer === undefined ? {} : { issuer }),
    extensions: (own, above) => {
      const given = {
        constraints: basicConstraints(false),
        usage: keyUsage(DIGITAL_SIGNATURE),
        purpose: extendedKeyUsage(OIDS.serverAuth),
        names: names.length === 0 ? null : alternativeNames(...names),
        subjectKey: subjectKeyIdentifier(own),
        authorityKey: authorityKeyIdentifier(above),
        other: null,
        ...spoilt,
      }
      return Object.values(given).filter((value) => value !== null)
    },
    ...more,
  })
}

export interface LeafExtensions {
  readonly constraints?: Buffer | null
  readonly usage?: Buffer | null
  readonly purpose?: Buffer | null
  readonly names?: Buffer | null
  readonly authorityKey?: Buffer | null
  readonly other?: Buffer | null
}

export interface OcspWish {
  /** Who signs, with its certificate in the response; default: the issuer, without. */
  readonly responder?: Made
  /** Default: the issuer's key. */
  readonly signer?: Keys
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date
  readonly signature?: (signature: Buffer) => Buffer
}

/** An OCSP response (RFC 6960) about `certificate`, by its issuer. `status` is the octets of certStatus. */
export function ocspResponse(certificate: Made, issuer: Made, status: Buffer, wish: OcspWish = {}): Buffer {
  const signer = wish.signer ?? wish.responder ?? issuer
  const since = generalizedTime(wish.thisUpdate ?? new Date())
  const next = wish.nextUpdate === undefined ? [] : [context(0, true, generalizedTime(wish.nextUpdate))]
  const issuerNameHash = createHash('sha1').update(distinguishedName(issuer.name)).digest()
  const certId = sequence(
    sequence(oid('1.3.14.3.2.26'), der(0x05)),
    octets(issuerNameHash),
    octets(keyHash(issuer)),
    integer(...certificate.serial),
  )
  const data = sequence(context(2, true, octets(keyHash(signer))), since, sequence(sequence(certId, status, since, ...next)))
  const signature = sign('sha256', data, signer.privateKey)
  const basic = sequence(
    data,
    sequence(oid(ECDSA.sha256)),
    bits(wish.signature === undefined ? signature : wish.signature(signature)),
    ...(wish.responder === undefined ? [] : [context(0, true, sequence(wish.responder.der))]),
  )
  return sequence(der(0x0a, [0]), context(0, true, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octets(basic))))
}

function generalizedTime(when: Date): Buffer {
  return der(0x18, Buffer.from(`${when.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
}

/** KeyHash of a P-256 key: its point is the last 65 octets. */
function keyHash({ spki }: Pick<Keys, 'spki'>): Buffer {
  return createHash('sha1').update(spki.subarray(-65)).digest()
}

export const OCSP_GOOD: Buffer = context(0, false)
export const OCSP_UNKNOWN: Buffer = context(2, false)
export const OCSP_REVOKED: Buffer = context(1, true, der(0x18, Buffer.from('20260101000000Z')))
