/**
 * TLS alerts by number: the names of the IANA TLS Alerts registry (RFC 8446 §6, and the RFCs noted), and their octets. Worker thread.
 */

export const CLOSE_NOTIFY = 0
export const HANDSHAKE_FAILURE = 40
export const INSUFFICIENT_SECURITY = 71
export const ACCESS_DENIED = 49
export const INTERNAL_ERROR = 80
export const USER_CANCELED = 90

/** A fatal alert in clear, in a record of its own. */
export function fatalAlert(number: number): Buffer {
  return Buffer.of(0x15, 0x03, 0x03, 0x00, 0x02, 0x02, number)
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [CLOSE_NOTIFY, 'close_notify'],
  [10, 'unexpected_message'],
  [20, 'bad_record_mac'],
  [21, 'decryption_failed'],
  [22, 'record_overflow'],
  [30, 'decompression_failure'],
  [HANDSHAKE_FAILURE, 'handshake_failure'],
  [41, 'no_certificate'],
  [42, 'bad_certificate'],
  [43, 'unsupported_certificate'],
  [44, 'certificate_revoked'],
  [45, 'certificate_expired'],
  [46, 'certificate_unknown'],
  [47, 'illegal_parameter'],
  [48, 'unknown_ca'],
  [ACCESS_DENIED, 'access_denied'],
  [50, 'decode_error'],
  [51, 'decrypt_error'],
  // RFC 9146 §4
  [52, 'too_many_cids_requested'],
  [60, 'export_restriction'],
  [70, 'protocol_version'],
  [INSUFFICIENT_SECURITY, 'insufficient_security'],
  [INTERNAL_ERROR, 'internal_error'],
  // RFC 7507 §2
  [86, 'inappropriate_fallback'],
  [USER_CANCELED, 'user_canceled'],
  [100, 'no_renegotiation'],
  [109, 'missing_extension'],
  [110, 'unsupported_extension'],
  // RFC 6066 §9
  [111, 'certificate_unobtainable'],
  [112, 'unrecognized_name'],
  [113, 'bad_certificate_status_response'],
  [114, 'bad_certificate_hash_value'],
  // RFC 4279 §3
  [115, 'unknown_psk_identity'],
  [116, 'certificate_required'],
  // RFC 8446 leaves 117 to 119 to others; RFC 7301 §3.2
  [120, 'no_application_protocol'],
  // RFC 9849 §11.2
  [121, 'ech_required'],
])

/** The name of any alert, 0 to 255: a number without one is `unassigned_<number>`. */
export function alertName(number: number): string {
  return NAMES.get(number) ?? `unassigned_${number}`
}

/** OpenSSL's reason text in upper case → number. OpenSSL names no alert but these. */
const OPENSSL_ENDINGS: readonly (readonly [ending: string, number: number])[] = [
  ['ALERT_UNEXPECTED_MESSAGE', 10],
  ['ALERT_BAD_RECORD_MAC', 20],
  ['ALERT_DECRYPTION_FAILED', 21],
  ['ALERT_RECORD_OVERFLOW', 22],
  ['ALERT_DECOMPRESSION_FAILURE', 30],
  ['ALERT_HANDSHAKE_FAILURE', 40],
  ['ALERT_NO_CERTIFICATE', 41],
  ['ALERT_BAD_CERTIFICATE', 42],
  ['ALERT_UNSUPPORTED_CERTIFICATE', 43],
  ['ALERT_CERTIFICATE_REVOKED', 44],
  ['ALERT_CERTIFICATE_EXPIRED', 45],
  ['ALERT_CERTIFICATE_UNKNOWN', 46],
  ['ALERT_ILLEGAL_PARAMETER', 47],
  ['ALERT_UNKNOWN_CA', 48],
  ['ALERT_ACCESS_DENIED', 49],
  ['ALERT_DECODE_ERROR', 50],
  ['ALERT_DECRYPT_ERROR', 51],
  ['ALERT_EXPORT_RESTRICTION', 60],
  ['ALERT_PROTOCOL_VERSION', 70],
  ['ALERT_INSUFFICIENT_SECURITY', 71],
  ['ALERT_INTERNAL_ERROR', 80],
  ['ALERT_INAPPROPRIATE_FALLBACK', 86],
  ['ALERT_USER_CANCELLED', USER_CANCELED],
  // Without ALERT_ where it came as a warning, for which OpenSSL ends the connection all the same.
  ['NO_RENEGOTIATION', 100],
  ['ALERT_MISSING_EXTENSION', 109],
  ['TLSV1_UNSUPPORTED_EXTENSION', 110],
  ['TLSV1_CERTIFICATE_UNOBTAINABLE', 111],
  ['TLSV1_UNRECOGNIZED_NAME', 112],
  ['TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE', 113],
  ['TLSV1_BAD_CERTIFICATE_HASH_VALUE', 114],
  ['ALERT_UNKNOWN_PSK_IDENTITY', 115],
  ['ALERT_CERTIFICATE_REQUIRED', 116],
  ['ALERT_NO_APPLICATION_PROTOCOL', 120],
]

/** OpenSSL's reason number of an alert received: 1000 + alert, in the last three digits of its error number. */
const REASON_BASE = 1000
const REASON = /error:0A000([0-9A-F]{3}):/i
const NUMBER = /SSL alert number (\d{1,3})\b/

/**
 * The number of the alert *received* that an error of Node tells of, or −1. The number in the text first, then OpenSSL's
 * reason number, then its name, whose spelling differs: `SSLV3_ALERT_…` in OpenSSL 3.0, `SSL/TLS_ALERT_…` since 3.2.
 */
export function alertOfError(code: string, message: string): number {
  const number = NUMBER.exec(message)
  if (number !== null) return Number(number[1])
  const reason = Number.parseInt(REASON.exec(message)?.[1] ?? '0', 16) - REASON_BASE
  if (reason >= 0 && reason <= 255) return reason
  return OPENSSL_ENDINGS.find(([ending]) => code.endsWith(ending))?.[1] ?? -1
}
