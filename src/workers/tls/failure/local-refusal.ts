/**
 * Failures that our own OpenSSL decided, by Node's error code: what it found wrong, and the alert that it sent for it.
 * A data table. Worker thread.
 */

export interface LocalRefusal {
  readonly subReason: string
  /** The alert that went out, or −1 where none is known to. */
  readonly alert: number
}

/**
 * A signature in the handshake that its certificate's key did not make. OpenSSL's own BAD_SIGNATURE comes last of several errors, and
 * Node tells the first: the library's that found out, by dozens of codes in the case of RSA.
 */
export const SIGNATURE_ERROR = /:(?:rsa routines:|digital envelope routines:EVP_DigestVerify)/
export const BAD_SIGNATURE: LocalRefusal = { subReason: 'decrypt_error', alert: 51 }

/** A length in a message that its fields do not add up to; the same code stands for records without an octet. */
export const MESSAGE_LENGTH = /:tls_process_\w+:bad length/
export const BAD_MESSAGE_LENGTH: LocalRefusal = { subReason: 'decode_error', alert: 50 }

export const LOCAL_REFUSALS: ReadonlyMap<string, LocalRefusal> = new Map([
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', { subReason: 'version', alert: 70 }],
  ['ERR_SSL_VERSION_TOO_LOW', { subReason: 'version', alert: 70 }],
  ['ERR_SSL_VERSION_TOO_HIGH', { subReason: 'version', alert: 70 }],
  ['ERR_SSL_NO_PROTOCOLS_AVAILABLE', { subReason: 'version', alert: -1 }],
  ['ERR_SSL_WRONG_SSL_VERSION', { subReason: 'version', alert: 70 }],
  ['ERR_SSL_INAPPROPRIATE_FALLBACK', { subReason: 'version', alert: 86 }],
  ['ERR_SSL_NO_SHARED_CIPHER', { subReason: 'parameters', alert: 40 }],
  ['ERR_SSL_NO_SHARED_GROUPS', { subReason: 'parameters', alert: 40 }],
  ['ERR_SSL_NO_SUITABLE_GROUPS', { subReason: 'parameters', alert: 40 }],
  ['ERR_SSL_NO_SUITABLE_KEY_SHARE', { subReason: 'parameters', alert: 40 }],
  ['ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS', { subReason: 'parameters', alert: 40 }],
  ['ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM', { subReason: 'parameters', alert: 40 }],
  ['ERR_SSL_NO_CIPHERS_AVAILABLE', { subReason: 'parameters', alert: -1 }],
  ['ERR_SSL_NO_CIPHERS_SPECIFIED', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_WRONG_CIPHER_RETURNED', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_UNKNOWN_CIPHER_RETURNED', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_WRONG_SIGNATURE_TYPE', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_WRONG_CURVE', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_BAD_KEY_UPDATE', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_BAD_KEY_SHARE', { subReason: 'parameters', alert: 47 }],
  // Fields of a ServerHello (RFC 8446 §4.1.3, RFC 5246 §7.4.1.3), and shares that lead to no key.
  ['ERR_SSL_INVALID_SESSION_ID', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_SSL3_SESSION_ID_TOO_LONG', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_COMPRESSION_DISABLED', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_UNSUPPORTED_COMPRESSION_ALGORITHM', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_RENEGOTIATION_MISMATCH', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_BAD_PROTOCOL_VERSION_NUMBER', { subReason: 'version', alert: 47 }],
  ['ERR_SSL_BAD_ECPOINT', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_FAILED_DURING_DERIVATION', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_DH_KEY_TOO_SMALL', { subReason: 'weak_key_exchange', alert: 40 }],
  ['ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED', { subReason: 'legacy_renegotiation', alert: 40 }],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL', { subReason: 'alpn', alert: 120 }],
  ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', { subReason: 'client_certificate', alert: 116 }],
  ['ERR_SSL_CERTIFICATE_VERIFY_FAILED', { subReason: 'client_certificate', alert: 48 }],
  ['ERR_SSL_UNEXPECTED_MESSAGE', { subReason: 'unexpected_message', alert: 10 }],
  ['ERR_SSL_UNEXPECTED_RECORD', { subReason: 'unexpected_message', alert: 10 }],
  ['ERR_SSL_BAD_RECORD_TYPE', { subReason: 'unexpected_message', alert: 10 }],
  ['ERR_SSL_UNEXPECTED_CCS_MESSAGE', { subReason: 'unexpected_message', alert: 10 }],
  ['ERR_SSL_DATA_BETWEEN_CCS_AND_FINISHED', { subReason: 'unexpected_message', alert: 10 }],
  // Several alerts in one record, or one in several (RFC 8446 §5.1), and records without an octet.
  ['ERR_SSL_INVALID_ALERT', { subReason: 'unexpected_message', alert: 10 }],
  ['ERR_SSL_BAD_LENGTH', { subReason: 'unexpected_message', alert: 10 }],
  ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', { subReason: 'bad_record_mac', alert: 20 }],
  // TLS 1.2 with AES-GCM, of OpenSSL's provider: a record that was altered, and one that is shorter than its tag.
  ['ERR_SSL_CIPHER_OPERATION_FAILED', { subReason: 'bad_record_mac', alert: 20 }],
  ['ERR_SSL_INVALID_AAD', { subReason: 'record_layer', alert: 80 }],
  ['ERR_SSL_BAD_DECRYPT', { subReason: 'bad_record_mac', alert: 20 }],
  ['ERR_SSL_DATA_LENGTH_TOO_LONG', { subReason: 'record_overflow', alert: 22 }],
  ['ERR_SSL_ENCRYPTED_LENGTH_TOO_LONG', { subReason: 'record_overflow', alert: 22 }],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', { subReason: 'record_overflow', alert: 22 }],
  ['ERR_SSL_EXCESSIVE_MESSAGE_SIZE', { subReason: 'decode_error', alert: 47 }],
  ['ERR_SSL_LENGTH_MISMATCH', { subReason: 'decode_error', alert: 50 }],
  // 47 for one that is there twice, 50 for one that cannot be read, 110 for one that nobody asked for: the code does not tell which.
  ['ERR_SSL_BAD_EXTENSION', { subReason: 'decode_error', alert: -1 }],
  ['ERR_SSL_BAD_PACKET_LENGTH', { subReason: 'decode_error', alert: 50 }],
  ['ERR_SSL_BAD_DIGEST_LENGTH', { subReason: 'decode_error', alert: 50 }],
  ['ERR_SSL_WRONG_CERTIFICATE_TYPE', { subReason: 'parameters', alert: 47 }],
  ['ERR_SSL_DIGEST_CHECK_FAILED', { subReason: 'decrypt_error', alert: 51 }],
  ['ERR_SSL_BAD_SIGNATURE', BAD_SIGNATURE],
  ['ERR_SSL_WRONG_VERSION_NUMBER', { subReason: 'version', alert: 70 }],
  ['ERR_SSL_RECORD_LAYER_FAILURE', { subReason: 'record_layer', alert: -1 }],
  // Node's: more than `tls.CLIENT_RENEG_LIMIT` handshakes on one connection in ten minutes.
  ['ERR_TLS_SESSION_ATTACK', { subReason: 'renegotiation', alert: -1 }],
  ['ERR_SSL_UNSUPPORTED_SSL_VERSION', { subReason: 'version', alert: 70 }],
])

/** Codes by which OpenSSL says itself that the first octets were another protocol: which. */
export const FOREIGN_CODES: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_HTTP_REQUEST', 'http'],
  ['ERR_SSL_HTTPS_PROXY_REQUEST', 'http'],
  ['ERR_SSL_UNKNOWN_PROTOCOL', 'other'],
])

/** Codes that an origin's first answer gives when it is no TLS, and any broken record later. */
export const BROKEN_RECORD_CODES: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_RECORD_LAYER_FAILURE',
  'ERR_SSL_BAD_RECORD_TYPE',
])
