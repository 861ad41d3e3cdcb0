/**
 * Every kind of evidence leads to its entry of the taxonomy: Node's errors on two OpenSSLs, all 256 alerts, silence.
 */

import fc from 'fast-check'
import t from 'tap'
import { TLS_PHASES, TLS_REASONS, TLS_SIDES } from '../../../../src/shared/events/schema.ts'
import type { FailureEvidence, TlsFailure } from '../../../../src/workers/tls/failure/failure-evidence.ts'
import { classifyFailure } from '../../../../src/workers/tls/failure/failure-taxonomy.ts'
import { alertName, alertOfError } from '../../../../src/workers/tls/records/alert.ts'
import { fixtureText, jsonLines } from '../../../support/corpora/corpora.ts'

interface EvidenceRow extends FailureEvidence {
  readonly node: string
  readonly peer: string
  readonly expect: Pick<TlsFailure, 'reason' | 'subReason' | 'alert' | 'source'>
}

function judged(failure: TlsFailure | undefined): EvidenceRow['expect'] | undefined {
  if (failure === undefined) return undefined
  const { alert, reason, source, subReason } = failure
  return { reason, subReason, alert, source }
}

t.test('what Node told of real peers, on OpenSSL 3.0 and 3.5', async (t) => {
  const rows = jsonLines<EvidenceRow>(fixtureText('tls-failures/evidence.jsonl'))
  t.ok(rows.length > 100)
  for (const row of rows) t.strictSame(judged(classifyFailure(row)), row.expect, `${row.node} ${row.peer}`)
})

t.test('all 256 alerts, by number, in either place', async (t) => {
  const reasons = new Map<string, number[]>()
  for (let alert = 0; alert < 256; alert++) {
    const evidence = { side: 'client', phase: 'mid_handshake', ended: true } as const
    const inClear = classifyFailure({ ...evidence, alert })
    const message = `error:0A000${(1000 + alert).toString(16).toUpperCase()}:SSL routines:ssl3_read_bytes:x:a.c:1:SSL alert number ${alert}\n`
    t.strictSame(judged(classifyFailure({ ...evidence, code: 'ERR_SSL_X', message })), judged(inClear))
    const key = `${inClear?.reason} ${inClear?.reason === 'handshake_alert' && inClear.subReason === alertName(alert) ? '(name)' : inClear?.subReason}`
    reasons.set(key, [...(reasons.get(key) ?? []), alert])
    t.equal(inClear?.alert, alert === 0 || alert === 90 ? -1 : alert)
  }
  const named = reasons.get('handshake_alert (name)') ?? []
  reasons.delete('handshake_alert (name)')
  t.equal(named.length, 256 - 15)
  t.strictSame(Object.fromEntries(reasons), {
    'eof closed_in_handshake': [0, 90],
    'handshake_alert parameters': [40, 71],
    'cert_validation bad_certificate': [42],
    'cert_validation unsupported_certificate': [43],
    'cert_validation certificate_revoked': [44],
    'cert_validation certificate_expired': [45],
    'cert_validation certificate_unknown': [46],
    'unknown_ca unknown_ca': [48],
    'handshake_alert version': [70, 86],
    'handshake_alert sni': [112],
    'handshake_alert client_certificate': [116],
    'handshake_alert alpn': [120],
  })
})

t.test('the alert of an error: number in the text, then reason number, then name', async (t) => {
  t.equal(alertOfError('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'x:SSL alert number 48\n'), 48)
  t.equal(alertOfError('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'error:0A000418:SSL routines::x'), 48)
  t.equal(alertOfError('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', ''), 42)
  t.equal(alertOfError('ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', ''), 45)
  t.equal(alertOfError('ERR_SSL_TLSV1_UNRECOGNIZED_NAME', ''), 112)
  t.equal(alertOfError('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', ''), 116)
  t.equal(alertOfError('ERR_SSL_NO_SHARED_CIPHER', 'error:0A0000C1:SSL routines::no shared cipher'), -1)
  t.equal(alertOfError('', ''), -1)
  t.equal(alertName(121), 'ech_required')
  t.equal(alertName(5), 'unassigned_5')
})

const FIN = { ended: true } as const
const RST = { code: 'ECONNRESET', message: 'read ECONNRESET', syscall: 'read' } as const
const HANG_UP = { code: 'ECONNRESET', message: 'socket hang up' } as const

/** How a connection ends × how far it had come, both sides. `none`: it was in use, and this is no failure. */
const ENDS: readonly (readonly [Partial<FailureEvidence> & Pick<FailureEvidence, 'side' | 'phase'>, string])[] = [
  [{ side: 'client', phase: 'before_hello', ...FIN }, 'eof closed_before_hello'],
  [{ side: 'client', phase: 'hello', ...FIN }, 'eof closed_in_hello'],
  [{ side: 'client', phase: 'mid_handshake', ...FIN }, 'eof closed_in_handshake'],
  [{ side: 'client', phase: 'mid_handshake', ...HANG_UP }, 'eof closed_in_handshake'],
  [{ side: 'client', phase: 'mid_handshake', ...FIN, certificateSent: true }, 'eof client_rejected_silently'],
  [{ side: 'client', phase: 'mid_handshake', ...HANG_UP, certificateSent: true }, 'eof client_rejected_silently'],
  [{ side: 'client', phase: 'mid_handshake', ...FIN, certificateSent: true, octetsSinceHello: 7 }, 'eof closed_in_handshake'],
  // A change_cipher_spec, which says nothing about the certificate: Java's HttpClient sends one before it has read it.
  [{ side: 'client', phase: 'mid_handshake', ...FIN, certificateSent: true, octetsSinceHello: 6 }, 'eof client_rejected_silently'],
  [{ side: 'client', phase: 'after_finished', ...FIN }, 'eof client_rejected_silently'],
  [{ side: 'client', phase: 'after_finished', ...FIN, applicationOctets: 1 }, 'none'],
  [{ side: 'client', phase: 'before_hello', ...RST }, 'reset reset_before_hello'],
  [{ side: 'client', phase: 'mid_handshake', ...RST, certificateSent: true }, 'reset reset_in_handshake'],
  [{ side: 'client', phase: 'mid_handshake', ...FIN, reset: true, certificateSent: true }, 'reset reset_in_handshake'],
  [{ side: 'client', phase: 'after_finished', ...RST }, 'reset reset_after_finished'],
  [{ side: 'client', phase: 'after_finished', ...RST, applicationOctets: 33 }, 'none'],
  [{ side: 'client', phase: 'mid_handshake', code: 'EPIPE', syscall: 'write' }, 'reset reset_in_handshake'],
  [{ side: 'client', phase: 'before_hello', timedOut: true }, 'timeout stalled_before_hello'],
  [{ side: 'client', phase: 'hello', timedOut: true }, 'timeout stalled_in_hello'],
  [{ side: 'client', phase: 'mid_handshake', code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }, 'timeout stalled_in_handshake'],
  [{ side: 'client', phase: 'after_finished', timedOut: true }, 'none'],
  [{ side: 'upstream', phase: 'hello', ...FIN }, 'eof closed_in_hello'],
  [{ side: 'upstream', phase: 'after_finished', ...FIN }, 'eof closed_after_finished'],
  [{ side: 'upstream', phase: 'hello', timedOut: true }, 'timeout stalled_in_hello'],
  [{ side: 'upstream', phase: 'mid_handshake', ...FIN, certificateSent: true }, 'eof closed_in_handshake'],
  [{ side: 'upstream', phase: 'before_hello', code: 'ENOTCONN', message: 'x' }, 'other enotconn'],
  [{ side: 'client', phase: 'mid_handshake' }, 'none'],
]

t.test('ends without a word are inferred, and each is its own', async (t) => {
  for (const [evidence, expected] of ENDS) {
    const failure = classifyFailure(evidence)
    t.equal(failure === undefined ? 'none' : `${failure.reason} ${failure.subReason}`, expected, JSON.stringify(evidence))
    if (failure !== undefined) t.equal(failure.source, 'inferred')
  }
})

t.test('an alert counts at any time, also after application data', async (t) => {
  const failure = classifyFailure({ side: 'client', phase: 'after_finished', alert: 42, applicationOctets: 500, ...FIN })
  t.strictSame(judged(failure), { reason: 'cert_validation', subReason: 'bad_certificate', alert: 42, source: 'authoritative' })
})

t.test('octets that are no TLS', async (t) => {
  const cases = [
    ['GET / HTTP/1.1\r\n', 'http'],
    ['PRI * HTTP/2.0\r\n', 'http'],
    ['HTTP/1.1 400 Bad', 'http'],
    ['SSH-2.0-x\r\n', 'text'],
    ['\x05\x01\x00', 'other'],
    ['\x80\x2e\x01\x00\x02', 'ssl2'],
    ['\x16\x09\x01', 'other'],
  ] as const
  for (const [text, protocol] of cases) {
    const evidence = { side: 'client', phase: 'hello', firstOctets: Buffer.from(text, 'latin1') } as const
    t.strictSame(judged(classifyFailure(evidence)), { reason: 'not_tls', subReason: protocol, alert: -1, source: 'authoritative' }, text)
  }
  const record = {
    side: 'client',
    phase: 'mid_handshake',
    code: 'ERR_SSL_WRONG_VERSION_NUMBER',
    firstOctets: Uint8Array.of(0x16, 3, 1),
  } as const
  t.equal(classifyFailure(record)?.subReason, 'version', 'a TLS record with a wrong version is TLS')
  t.equal(classifyFailure({ side: 'client', phase: 'hello', code: 'ERR_SSL_HTTP_REQUEST' })?.reason, 'not_tls')
})

t.test('verification: left to us by Node, of a client, and of a kind that nobody knows', async (t) => {
  const base = { side: 'upstream', phase: 'after_finished' } as const
  t.equal(classifyFailure({ ...base, verificationError: 'CERT_HAS_EXPIRED' })?.subReason, 'expired')
  t.equal(classifyFailure({ ...base, verificationError: 'UNSPECIFIED' })?.subReason, 'other')
  t.equal(classifyFailure({ ...base, verificationError: 'UNSPECIFIED', message: 'Certificate Revoked' })?.subReason, 'revoked')
  t.equal(classifyFailure({ ...base, code: 'CERT_REVOKED' })?.reason, 'upstream_cert_invalid')
  t.strictSame(judged(classifyFailure({ side: 'client', phase: 'mid_handshake', code: 'CERT_HAS_EXPIRED' })), {
    reason: 'handshake_alert',
    subReason: 'client_certificate',
    alert: -1,
    source: 'authoritative',
  })
})

t.test('an origin that speaks is beyond our hello, whatever the caller could count', async (t) => {
  t.equal(classifyFailure({ side: 'upstream', phase: 'hello', alert: 40 })?.phase, 'mid_handshake')
  t.equal(classifyFailure({ side: 'upstream', phase: 'hello', ended: true })?.phase, 'hello')
})

/** As a raw peer provoked them; the alert is the one that it then read. */
const BROKEN: readonly (readonly [code: string, subReason: string, alert: number])[] = [
  ['ERR_SSL_INVALID_ALERT', 'unexpected_message', 10],
  ['ERR_SSL_DATA_BETWEEN_CCS_AND_FINISHED', 'unexpected_message', 10],
  ['ERR_SSL_BAD_LENGTH', 'unexpected_message', 10],
  ['ERR_SSL_CIPHER_OPERATION_FAILED', 'bad_record_mac', 20],
  ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'bad_record_mac', 20],
  ['ERR_SSL_BAD_DIGEST_LENGTH', 'decode_error', 50],
  ['ERR_SSL_DIGEST_CHECK_FAILED', 'decrypt_error', 51],
  ['ERR_SSL_BAD_KEY_UPDATE', 'parameters', 47],
  ['ERR_SSL_INVALID_AAD', 'record_layer', 80],
]

t.test('records and messages that our own OpenSSL refuses, by the alert that it sends for them', async (t) => {
  for (const [code, subReason, alert] of BROKEN) {
    const refused = judged(classifyFailure({ side: 'client', phase: 'mid_handshake', code }))
    t.strictSame(refused, { reason: 'handshake_alert', subReason, alert, source: 'authoritative' }, code)
  }
})

t.test('the words of a provider of OpenSSL are read as those of its SSL library: no address, path or line', async (t) => {
  const code = 'ERR_SSL_CIPHER_OPERATION_FAILED'
  const message = 'C056B461A67F0000:error:1C800066:Provider routines:ossl_gcm_stream_update:cipher operation failed:../a/b.c:343:\n'
  t.equal(classifyFailure({ side: 'client', phase: 'mid_handshake', code, message })?.detail, `${code}: cipher operation failed`)
})

/** As Node 20 (3.0) and 26 (3.5) told of origins whose key is not that of their certificate, and of certificates that nobody can read. */
const OF_CERTIFICATES: readonly (readonly [code: string, words: string, reason: string, subReason: string, alert: number])[] = [
  [
    'ERR_SSL_LAST_OCTET_INVALID',
    '02000086:rsa routines:RSA_verify_PKCS1_PSS_mgf1:last octet invalid',
    'handshake_alert',
    'decrypt_error',
    51,
  ],
  ['ERR_SSL_DATA_GREATER_THAN_MOD_LEN', '0200006C:rsa routines:rsa_ossl:data greater than mod len', 'handshake_alert', 'decrypt_error', 51],
  [
    'ERR_SSL_PROVIDER_SIGNATURE_FAILURE',
    '030000EA:digital envelope routines:EVP_DigestVerifyFinal:provider signature failure',
    'handshake_alert',
    'decrypt_error',
    51,
  ],
  [
    'ERR_SSL_PROVIDER_SIGNATURE_FAILURE',
    '030000EA:digital envelope routines:EVP_DigestVerify:provider signature failure',
    'handshake_alert',
    'decrypt_error',
    51,
  ],
  ['ERR_SSL_WRONG_CERTIFICATE_TYPE', '0A00017F:SSL routines:f:wrong certificate type', 'handshake_alert', 'parameters', 47],
  ['ERR_SSL_TOO_LONG', '0680009B:asn1 encoding routines:ASN1_get_object:too long', 'upstream_cert_invalid', 'malformed', -1],
  ['ERR_SSL_MSTRING_WRONG_TAG', '0680008C:asn1 encoding routines:f:mstring wrong tag', 'upstream_cert_invalid', 'malformed', -1],
  ['ERR_SSL_DECODE_ERROR', '03000072:digital envelope routines:X509_PUBKEY_get0:decode error', 'upstream_cert_invalid', 'malformed', -1],
  ['ERR_SSL_CERT_LENGTH_MISMATCH', '0A000087:SSL routines:f:cert length mismatch', 'upstream_cert_invalid', 'malformed', -1],
  ['ERR_SSL_ECC_CERT_NOT_FOR_SIGNING', '0A00013E:SSL routines:f:ecc cert not for signing', 'upstream_cert_invalid', 'wrong_purpose', -1],
]

t.test('an origin that has not the key of its certificate, and certificates that cannot be read', async (t) => {
  for (const [code, words, reason, subReason, alert] of OF_CERTIFICATES) {
    const message = `C036C00C967F0000:error:${words}:../deps/openssl/a.c:1215:\n`
    const failure = classifyFailure({ side: 'upstream', phase: 'mid_handshake', code, message })
    t.strictSame(judged(failure), { reason, subReason, alert, source: 'authoritative' }, code)
    t.equal(failure?.detail, `${code}: ${words.split(':').at(-1)}`)
  }
})

t.test("an untrusted chain is told without Node's advice for people who run Node", async (t) => {
  const code = 'DEPTH_ZERO_SELF_SIGNED_CERT'
  for (const advice of ['', '; if the root CA is installed locally, try running Node.js with --use-system-ca']) {
    const failure = classifyFailure({ side: 'upstream', phase: 'mid_handshake', code, message: `self-signed certificate${advice}` })
    t.equal(failure?.detail, `${code}: self-signed certificate`)
  }
})

t.test('codes of OpenSSL that the table does not know keep their name', async (t) => {
  const failure = classifyFailure({
    side: 'client',
    phase: 'mid_handshake',
    code: 'ERR_SSL_BAD_WIND',
    message: 'error:0A000001:SSL routines:f:bad wind:a.c:1:',
  })
  t.match(failure, { reason: 'other', subReason: 'bad_wind', detail: 'ERR_SSL_BAD_WIND: bad wind' })
})

t.test('property: any evidence gives an entry of the closed lists, or none', async (t) => {
  const evidence = fc.record(
    {
      side: fc.constantFrom(...TLS_SIDES),
      phase: fc.constantFrom(...TLS_PHASES),
      code: fc.oneof(fc.string(), fc.constantFrom('ECONNRESET', 'ERR_SSL_X', 'UNSPECIFIED', '__proto__', 'constructor')),
      message: fc.string(),
      syscall: fc.constantFrom('read', undefined),
      alert: fc.nat({ max: 255 }),
      ended: fc.boolean(),
      reset: fc.boolean(),
      timedOut: fc.boolean(),
      certificateSent: fc.boolean(),
      octetsSinceHello: fc.nat(),
      applicationOctets: fc.nat(),
      firstOctets: fc.uint8Array({ maxLength: 16 }),
    },
    { requiredKeys: ['side', 'phase'] },
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(evidence, (given) => {
        const failure = classifyFailure(given)
        return (
          failure === undefined ||
          (TLS_REASONS.includes(failure.reason) && typeof failure.subReason === 'string' && failure.subReason !== '')
        )
      }),
      { numRuns: 3000 },
    ),
  )
})
