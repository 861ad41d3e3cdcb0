/**
 * What ClientHello and ServerHello have in common: sizes, and the numbers of extensions that are read of either (IANA, TLS
 * ExtensionType Values). Worker thread.
 */

/** RFC 8446 §4.1.2. */
export const RANDOM_BYTES = 32
export const SESSION_ID_BYTES = 32

export const SERVER_NAME = 0
export const STATUS_REQUEST = 5
export const SUPPORTED_GROUPS = 10
export const EC_POINT_FORMATS = 11
export const SIGNATURE_ALGORITHMS = 13
export const ALPN = 16
export const SESSION_TICKET = 35
export const PRE_SHARED_KEY = 41
export const EARLY_DATA = 42
export const SUPPORTED_VERSIONS = 43
export const SIGNATURE_ALGORITHMS_CERT = 50
export const KEY_SHARE = 51
export const ENCRYPTED_CLIENT_HELLO = 0xfe0d
