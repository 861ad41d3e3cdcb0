/**
 * Origin certificates that are wrong in one way each, and the fault that must be named. A data table: what is not said is right.
 */

import type { VerificationFault } from '../../../src/workers/tls/failure/verification-error.ts'
import { bits, boolean, context, der, integer, oid, sequence } from './der.ts'
import {
  alternativeNames,
  authorityKeyIdentifier,
  basicConstraints,
  caExtensions,
  daysFromNow,
  dnsName,
  emailName,
  extendedKeyUsage,
  extension,
  ipName,
  keyUsage,
  type LeafExtensions,
  type Made,
  make,
  makeCa,
  makeLeaf,
  nameConstraints,
  OCSP_GOOD,
  OCSP_REVOKED,
  OIDS,
  ocspResponse,
  rsaKeys,
  subjectKeyIdentifier,
  uriName,
  type Wish,
} from './wrong-pki.ts'

export const HOST = 'www.origin.example'
const NAMES = [dnsName(HOST)]
const UNKNOWN_EXTENSION = extension('1.3.6.1.4.1.99999.1', true, der(0x05))
const utcTime = (text: string): Buffer => der(0x17, Buffer.from(text))

/** The roots that the engine trusts. */
export const ROOT: Made = makeCa('trusted root')
const EXPIRED_ROOT: Made = makeCa('expired root', undefined, { notBefore: daysFromNow(-20), notAfter: daysFromNow(-10) })
const SHORT_ROOT: Made = makeCa('short root', undefined, {
  extensions: (own, above) => caExtensions(own, above, basicConstraints(true, 0)),
})
export const ROOTS: readonly Made[] = [ROOT, EXPIRED_ROOT, SHORT_ROOT]

export interface WrongCertificate {
  readonly name: string
  readonly fault: VerificationFault
  /** The name asked for; undefined: none, the address 127.0.0.1 is meant. */
  readonly host: string | undefined
  /** The leaf, and what is sent with it. */
  readonly chain: readonly [Made, ...Made[]]
  readonly staple?: Buffer
}

const OWN_ROOT = makeCa('unknown root')
const INTERMEDIATE = makeCa('intermediate', ROOT)

function wrong(
  fault: VerificationFault,
  name: string,
  chain: WrongCertificate['chain'],
  host: string | undefined = HOST,
): WrongCertificate {
  return { name, fault, host, chain }
}

/** A leaf under the trusted root. */
function leaf(fault: VerificationFault, name: string, more: Partial<Wish>, spoilt: LeafExtensions = {}): WrongCertificate {
  return wrong(fault, name, [makeLeaf(ROOT, NAMES, more, spoilt)])
}

/** A right leaf under an intermediate that is wrong. */
function under(fault: VerificationFault, name: string, more: Partial<Wish>): WrongCertificate {
  const ca = makeCa('intermediate', ROOT, more)
  return wrong(fault, name, [makeLeaf(ca, NAMES), ca])
}

/** A right certificate for other names than `host`. */
function named(name: string, host: string | undefined, names: readonly Uint8Array[], more: Partial<Wish> = {}): WrongCertificate {
  return { ...wrong('hostname_mismatch', name, [makeLeaf(ROOT, names, more)]), host }
}

const DATES: readonly WrongCertificate[] = [
  leaf('expired', 'expired yesterday', { notAfter: daysFromNow(-1), notBefore: daysFromNow(-9) }),
  leaf('expired', 'expired a second ago', { notAfter: new Date(Date.now() - 1_000) }),
  leaf('expired', 'expired in the last century', { notBefore: utcTime('700101000000Z'), notAfter: utcTime('991231235959Z') }),
  leaf('expired', 'ends before it begins', { notBefore: daysFromNow(-2), notAfter: daysFromNow(-3) }),
  under('expired', 'expired intermediate', { notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) }),
  wrong('expired', 'expired root', [makeLeaf(EXPIRED_ROOT, NAMES)]),
  leaf('not_yet_valid', 'valid from tomorrow', { notBefore: daysFromNow(1) }),
  leaf('not_yet_valid', 'valid from 2060', { notBefore: new Date('2060-01-01'), notAfter: new Date('2061-01-01') }),
  under('not_yet_valid', 'intermediate valid from tomorrow', { notBefore: daysFromNow(1) }),
  leaf('malformed', 'notBefore with letters', { notBefore: utcTime('2601XX000000Z') }),
  leaf('malformed', 'notAfter with letters', { notAfter: utcTime('ABCDEFGHIJKLZ') }),
  leaf('malformed', 'notAfter in month 13', { notAfter: utcTime('491301000000Z') }),
  leaf('malformed', 'notAfter with an offset', { notAfter: utcTime('490101000000+0100') }),
]

const HOSTS: readonly WrongCertificate[] = [
  named('another host', HOST, [dnsName('other.example')]),
  named('the parent domain', HOST, [dnsName('origin.example')]),
  named('a host below', 'origin.example', NAMES),
  named('a sibling', 'api.origin.example', NAMES),
  named('a name that only begins the same', 'www.origin.example.evil.example', NAMES),
  named('a name that only ends the same', HOST, [dnsName('evilwww.origin.example')]),
  named('a wildcard two labels up', 'a.b.origin.example', [dnsName('*.origin.example')]),
  named('a wildcard, asked for its own parent', 'origin.example', [dnsName('*.origin.example')]),
  named('a wildcard in the middle', HOST, [dnsName('www.*.example')]),
  named('a wildcard for the end of a label', HOST, [dnsName('w*.origin.example')]),
  named('a wildcard for the beginning of a label', HOST, [dnsName('*w.origin.example')]),
  named('two wildcards', HOST, [dnsName('*.*.example')]),
  named('a wildcard for everything', HOST, [dnsName('*')]),
  named('a wildcard for a top-level domain', 'origin.example', [dnsName('*.example')]),
  named('a common name and no alternative names', HOST, [], { name: HOST }),
  named('the right common name and another alternative name', HOST, [dnsName('other.example')], { name: HOST }),
  named('the name as an e-mail address', HOST, [emailName(`admin@${HOST}`)]),
  named('the name as a URI', HOST, [uriName(`https://${HOST}/`)]),
  named('an address where a name is asked for', HOST, [ipName(127, 0, 0, 1)]),
  named('the final dot', HOST, [dnsName(`${HOST}.`)]),
  named('a leading dot', HOST, [dnsName('.origin.example')]),
  named('a name cut by NUL', HOST, [dnsName(Buffer.from(`${HOST}\0.evil.example`))]),
  named('a space behind the name', HOST, [dnsName(`${HOST} `)]),
  named('an empty name', HOST, [dnsName('')]),
  named('an IDN as UTF-8 where the A-label is asked for', 'xn--bcher-kva.example', [dnsName('bücher.example')]),
  named('another IDN', 'xn--bcher-kva.example', [dnsName('xn--bcher-kvb.example')]),
  named('another address', undefined, [ipName(127, 0, 0, 2)]),
  named('the address as a name', undefined, [dnsName('127.0.0.1')]),
  named('the address as a common name', undefined, [], { name: '127.0.0.1' }),
  named('an address of five octets', undefined, [ipName(127, 0, 0, 1, 0)]),
  named('the address as IPv4-mapped IPv6', undefined, [ipName(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1)]),
]

const SELF_SIGNED = makeLeaf(undefined, NAMES)
const IMPOSTOR = makeCa('trusted root')
const UNRELATED = makeCa('unrelated', OWN_ROOT)

const TRUST: readonly WrongCertificate[] = [
  wrong('self_signed', 'self-signed', [SELF_SIGNED]),
  wrong('self_signed', 'self-signed and a CA', [
    make({
      extensions: (own, above) => [
        basicConstraints(true),
        keyUsage(0x84),
        subjectKeyIdentifier(own),
        authorityKeyIdentifier(above),
        alternativeNames(...NAMES),
        extendedKeyUsage(OIDS.serverAuth),
      ],
    }),
  ]),
  wrong('unknown_ca', 'an unknown root, not sent', [makeLeaf(OWN_ROOT, NAMES)]),
  wrong('unknown_ca', 'an unknown root, sent along', [makeLeaf(OWN_ROOT, NAMES), OWN_ROOT]),
  wrong('unknown_ca', 'the intermediate is missing', [makeLeaf(INTERMEDIATE, NAMES)]),
  wrong('unknown_ca', 'another intermediate is sent', [makeLeaf(INTERMEDIATE, NAMES), UNRELATED]),
  wrong('unknown_ca', 'an intermediate of an unknown root', [makeLeaf(UNRELATED, NAMES), UNRELATED]),
  wrong('unknown_ca', 'an impostor with the root’s name and its own key identifier', [makeLeaf(IMPOSTOR, NAMES)]),
]

const otherSignature = (signature: Buffer): Buffer => {
  const changed = Buffer.from(signature)
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  return changed
}
const RSA_ROOT_CA = makeCa('rsa intermediate', ROOT, { keys: rsaKeys(2_048) })

const SIGNATURES: readonly WrongCertificate[] = [
  leaf('bad_signature', 'one bit of the signature is another', { signature: otherSignature }),
  under('bad_signature', 'one bit of the intermediate’s signature is another', { signature: otherSignature }),
  leaf('bad_signature', 'a signature of zeros', { signature: (signature) => Buffer.alloc(signature.length) }),
  leaf('bad_signature', 'half a signature', { signature: (signature) => signature.subarray(0, 30) }),
  leaf('bad_signature', 'changed after it was signed', { afterwards: changeOctet('www.origin', 'WWW.origin') }),
  wrong('bad_signature', 'an impostor without key identifiers', [makeLeaf(IMPOSTOR, NAMES, {}, { authorityKey: null })]),
  wrong('bad_signature', 'an RSA signature that is another', [makeLeaf(RSA_ROOT_CA, NAMES, { signature: otherSignature }), RSA_ROOT_CA]),
]

/** Writes `to` over the first `from`, both of the same length. */
function changeOctet(from: string, to: string): (certificate: Buffer) => Buffer {
  return (certificate) => {
    const changed = Buffer.from(certificate)
    changed.write(to, changed.indexOf(from), 'latin1')
    return changed
  }
}

const WEAK_CA = makeCa('weak intermediate', ROOT, { keys: rsaKeys(768) })
const STRENGTH: readonly WrongCertificate[] = [
  leaf('weak_key', 'an RSA key of 768 bits', { keys: rsaKeys(768) }),
  wrong('weak_key', 'an intermediate’s RSA key of 768 bits', [makeLeaf(WEAK_CA, NAMES), WEAK_CA]),
  leaf('weak_digest', 'signed by SHA-1', { digest: 'sha1' }),
  under('weak_digest', 'an intermediate signed by SHA-1', { digest: 'sha1' }),
  wrong('weak_digest', 'signed by MD5', [makeLeaf(RSA_ROOT_CA, NAMES, { digest: 'md5' }), RSA_ROOT_CA]),
]

const DEEP = makeCa('deep', INTERMEDIATE)
const SHORT_CA = makeCa('below short root', SHORT_ROOT)
const NO_PATH = makeCa('no path', ROOT, { extensions: (own, above) => caExtensions(own, above, basicConstraints(true, 0)) })
const BELOW_NO_PATH = makeCa('below no path', NO_PATH)
const NOT_A_CA = makeLeaf(ROOT, NAMES, { name: 'not a CA' })
const BELOW_LEAF = makeCa('below leaf', NOT_A_CA)

const CAS: readonly WrongCertificate[] = [
  // OpenSSL finds an invalid CA, goes on, and then an unsuitable purpose: Node tells the last.
  under('wrong_purpose', 'an intermediate with CA:FALSE', {
    extensions: (own, above) => caExtensions(own, above, basicConstraints(false)),
  }),
  under('invalid_ca', 'an intermediate without basicConstraints', {
    extensions: (own, above) => [subjectKeyIdentifier(own), authorityKeyIdentifier(above), keyUsage(0x80)],
  }),
  under('invalid_ca', 'an intermediate that may not sign certificates', {
    extensions: (own, above) => [basicConstraints(true), keyUsage(0x02), subjectKeyIdentifier(own), authorityKeyIdentifier(above)],
  }),
  under('wrong_purpose', 'an intermediate of version 1', { version: 0, extensions: () => [] }),
  wrong('invalid_ca', 'a server’s certificate as a CA', [makeLeaf(NOT_A_CA, NAMES), NOT_A_CA]),
  wrong('invalid_ca', 'a CA below a server’s certificate', [makeLeaf(BELOW_LEAF, NAMES), BELOW_LEAF, NOT_A_CA]),
  wrong('path_length', 'a CA below an intermediate with path length 0', [makeLeaf(BELOW_NO_PATH, NAMES), BELOW_NO_PATH, NO_PATH]),
  wrong('path_length', 'a CA below a root with path length 0', [makeLeaf(SHORT_CA, NAMES), SHORT_CA]),
  under('wrong_purpose', 'an intermediate for clients only', {
    extensions: (own, above) => [...caExtensions(own, above), extendedKeyUsage(OIDS.clientAuth)],
  }),
  wrong('unknown_ca', 'the middle of the chain is missing', [makeLeaf(DEEP, NAMES), DEEP]),
]

const PURPOSES: readonly WrongCertificate[] = [
  leaf('wrong_purpose', 'for clients', {}, { purpose: extendedKeyUsage(OIDS.clientAuth) }),
  leaf('wrong_purpose', 'for signing code', {}, { purpose: extendedKeyUsage(OIDS.codeSigning) }),
  leaf('wrong_purpose', 'for e-mail', {}, { purpose: extendedKeyUsage(OIDS.emailProtection) }),
  leaf('wrong_purpose', 'for signing OCSP responses', {}, { purpose: extendedKeyUsage(OIDS.ocspSigning) }),
  leaf('wrong_purpose', 'for something unheard of', {}, { purpose: extendedKeyUsage('1.3.6.1.4.1.99999.2') }),
  leaf('wrong_purpose', 'key usage: signing CRLs only', {}, { usage: keyUsage(0x02) }),
  leaf('wrong_purpose', 'Netscape type: client only', {}, { other: extension('2.16.840.1.113730.1.1', false, bits(Buffer.of(0x80))) }),
]

function constrained(name: string, constraints: Buffer, names: readonly Uint8Array[] = NAMES): WrongCertificate {
  const ca = makeCa('constrained', ROOT, { extensions: (own, above) => [...caExtensions(own, above), constraints] })
  return wrong('name_constraint', name, [makeLeaf(ca, names), ca])
}

const CONSTRAINTS: readonly WrongCertificate[] = [
  constrained('outside the permitted domain', nameConstraints([dnsName('permitted.example')])),
  constrained('inside the excluded domain', nameConstraints([], [dnsName('origin.example')])),
  constrained('excluded by its whole name', nameConstraints([], [dnsName(HOST)])),
  constrained('permitted and excluded', nameConstraints([dnsName('example')], [dnsName('origin.example')])),
  constrained('a second name outside the permitted domain', nameConstraints([dnsName('origin.example')]), [...NAMES, dnsName('x.test')]),
  constrained('an address outside the permitted network', nameConstraints([ipName(10, 0, 0, 0, 255, 0, 0, 0)]), [
    ...NAMES,
    ipName(127, 0, 0, 1),
  ]),
  constrained('a constraint of an unknown kind', nameConstraints([context(8, false, oid('1.2.3').subarray(2))]), [
    ...NAMES,
    context(8, false, oid('1.2.3').subarray(2)),
  ]),
]

const EXTENSIONS: readonly WrongCertificate[] = [
  leaf('malformed', 'an unknown critical extension', {}, { other: UNKNOWN_EXTENSION }),
  under('malformed', 'an unknown critical extension in the intermediate', {
    extensions: (own, above) => [...caExtensions(own, above), UNKNOWN_EXTENSION],
  }),
  // OpenSSL finds no issuer for a certificate whose extensions it cannot read.
  leaf('unknown_ca', 'basicConstraints that are none', {}, { constraints: extension('2.5.29.19', true, boolean(true)) }),
  leaf('unknown_ca', 'a negative path length', {}, { constraints: extension('2.5.29.19', true, sequence(boolean(true), integer(0xff))) }),
]

const REVOKED_LEAF = makeLeaf(ROOT, NAMES)
/** Demands a staple (RFC 7633: status_request). */
export const STAPLING_LEAF: Made = makeLeaf(ROOT, NAMES, {}, { other: extension('1.3.6.1.5.5.7.1.24', false, sequence(integer(5))) })
const STAPLES: readonly WrongCertificate[] = [
  { ...wrong('revoked', 'revoked, as its staple says', [REVOKED_LEAF]), staple: ocspResponse(REVOKED_LEAF, ROOT, OCSP_REVOKED) },
  wrong('revocation_unknown', 'demanding a staple that is not there', [STAPLING_LEAF]),
  {
    ...wrong('revocation_unknown', 'demanding a staple, given one by a stranger', [STAPLING_LEAF]),
    staple: ocspResponse(STAPLING_LEAF, ROOT, OCSP_GOOD, { signer: REVOKED_LEAF }),
  },
]

export const WRONG_CERTIFICATES: readonly WrongCertificate[] = [
  ...DATES,
  ...HOSTS,
  ...TRUST,
  ...SIGNATURES,
  ...STRENGTH,
  ...CAS,
  ...PURPOSES,
  ...CONSTRAINTS,
  ...EXTENSIONS,
  ...STAPLES,
]
