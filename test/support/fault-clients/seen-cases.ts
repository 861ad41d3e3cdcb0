/**
 * What clients of others make of each fault: the table of docs/faults-seen.md, and what test/integration/faults/faults-seen.test.ts holds them to.
 *
 * A cell says how the client tells it: of curl its exit code and what its message says, of the others what a program catches. ` or `: by the
 * moment at which an RST finds it; a system tells it to one call only, the next one sees an end. Empty: not run there.
 */

import type { FaultInput } from '../armed-faults.ts'

/** In the order of the cells. */
export const COLUMNS = [
  'curl, HTTP/1.1',
  'curl, HTTP/2',
  'curl, tunnel',
  'openssl s_client',
  'Python, HTTP/1.1',
  'Go, HTTP/1.1',
  'Go, HTTP/2',
] as const
export type Column = (typeof COLUMNS)[number]

export interface SeenCase {
  readonly name: string
  readonly fault: FaultInput
  /** What is asked for; absent: a body with a length. */
  readonly path?: string
  /** Nothing ends it: the client's own patience does. */
  readonly isEndless?: boolean
  readonly cells: readonly string[]
}

const same = (cell: string): readonly string[] => COLUMNS.map(() => cell)
/** The client notices nothing but the time. */
const WHOLE = same('200')
const TIMEOUT = ['28 timeout', '28 timeout', '28 timeout', 'silence', 'TimeoutError', 'timeout', 'timeout']
const CURL_RESET = '56 reset or 55 reset'
const CURL2_RESET = `${CURL_RESET} or 16 reset`
const RESET = [
  CURL_RESET,
  CURL_RESET,
  CURL_RESET,
  'reset',
  'RemoteDisconnected or IncompleteRead',
  'ECONNRESET',
  'ECONNRESET or unexpected EOF',
]

const BEFORE: readonly SeenCase[] = [
  {
    name: '',
    fault: { kind: 'refuse' },
    cells: ['56 response 503', '56 response 503', '56 response 503', '', 'OSError 503', '503', '503'],
  },
  {
    name: 'with: close',
    fault: { kind: 'refuse', with: 'close' },
    cells: ['56 end', '56 end', '56 end', '', 'RemoteDisconnected', 'unexpected EOF', 'unexpected EOF'],
  },
  {
    name: 'with: reset',
    fault: { kind: 'refuse', with: 'reset' },
    cells: ['56 reset', '56 reset', '56 reset', '', 'ConnectionResetError', 'ECONNRESET', 'ECONNRESET'],
  },
  {
    name: 'at: connect',
    fault: { kind: 'blackhole', at: 'connect' },
    isEndless: true,
    cells: ['28 timeout', '28 timeout', '28 timeout', '', 'TimeoutError', 'timeout', 'timeout'],
  },
  { name: '', fault: { kind: 'connect_delay', ms: 300 }, cells: WHOLE },
  {
    name: '',
    fault: { kind: 'close_after_connect' },
    cells: ['35 end', '35 end', '35 end', 'end', 'SSLEOFError', 'EOF', 'EOF'],
  },
  {
    name: 'how: reset',
    fault: { kind: 'close_after_connect', how: 'reset' },
    cells: [
      '35 reset or 56 reset',
      '35 reset or 56 reset',
      '35 reset or 56 reset',
      'reset or end',
      'ConnectionResetError or SSLEOFError',
      'ECONNRESET',
      'ECONNRESET',
    ],
  },
]

const RELAYED: readonly SeenCase[] = [
  { name: '', fault: { kind: 'latency', ms: 100 }, cells: WHOLE },
  { name: '', fault: { kind: 'jitter', amplitude_ms: 50 }, cells: WHOLE },
  { name: '', fault: { kind: 'bandwidth', bytes_per_second: 50_000, direction: 'to_client' }, cells: WHOLE },
  { name: '', fault: { kind: 'slice', bytes: 100, gap_ms: 1 }, cells: WHOLE },
  { name: '', fault: { kind: 'slow_close', ms: 200 }, cells: WHOLE },
  { name: 'in mid-body', fault: { kind: 'blackhole', after_bytes: 6_000 }, isEndless: true, cells: TIMEOUT },
  { name: 'in mid-body', fault: { kind: 'reset', after_bytes: 6_000, direction: 'to_client' }, cells: RESET },
  {
    name: 'at the first octet',
    fault: { kind: 'reset', after_bytes: 0 },
    cells: [
      CURL_RESET,
      CURL2_RESET,
      '35 reset',
      'reset',
      'RemoteDisconnected or IncompleteRead',
      'ECONNRESET',
      'ECONNRESET or unexpected EOF',
    ],
  },
  {
    name: '',
    fault: { kind: 'limit_bytes', bytes: 6_000 },
    cells: ['18 partial', '18 end', '52 empty', 'end', 'IncompleteRead', 'unexpected EOF', 'unexpected EOF'],
  },
  { name: 'how: reset', fault: { kind: 'limit_bytes', bytes: 6_000, how: 'reset' }, cells: RESET },
  {
    name: '',
    fault: { kind: 'half_close', after_bytes: 6_000 },
    cells: ['18 partial', '18 end', '52 empty', 'end', 'IncompleteRead', 'unexpected EOF', 'unexpected EOF'],
  },
]

/** Every stage in every way; the client of TLS 1.3 is done with its handshake before its Finished has arrived. */
const HANDSHAKES: readonly SeenCase[] = (['client_hello', 'certificate', 'before_finished', 'application_data'] as const).flatMap((at) => {
  const isSecure = at === 'before_finished' || at === 'application_data'
  const unreadable = isSecure ? '56 unreadable' : '35 unreadable'
  const alerts =
    at === 'client_hello'
      ? ['35 alert', '35 alert', '35 alert', 'alert 40', 'SSLError alert', 'alert', 'alert']
      : [unreadable, unreadable, unreadable, 'unreadable', 'SSLError unreadable', 'unreadable', 'unreadable']
  return [
    { name: `at: ${at}, how: stall`, fault: { kind: 'tls_abort', at, how: 'stall' }, isEndless: true, cells: TIMEOUT },
    {
      name: `at: ${at}, how: fin`,
      fault: { kind: 'tls_abort', at, how: 'fin' },
      cells: isSecure
        ? ['52 empty', '18 end', '52 empty', 'end', 'RemoteDisconnected', 'EOF', 'unexpected EOF']
        : ['35 end', '35 end', '35 end', 'end', 'SSLEOFError', 'EOF', 'EOF'],
    },
    {
      name: `at: ${at}, how: reset`,
      fault: { kind: 'tls_abort', at, how: 'reset' },
      cells: isSecure ? RESET : ['35 reset', '35 reset', '35 reset', 'reset', 'ConnectionResetError', 'ECONNRESET', 'ECONNRESET'],
    },
    { name: `at: ${at}, how: alert`, fault: { kind: 'tls_abort', at, how: 'alert' }, cells: alerts },
  ] as const
})

const certificate = (openssl: string, go: string) => ['60', '60', '', openssl, 'SSLCertVerificationError', go, go]

const OF_OURS: readonly SeenCase[] = [
  {
    name: 'defect: expired',
    fault: { kind: 'tls_certificate', defect: 'expired' },
    cells: certificate('verify 10', 'x509.CertificateInvalidError'),
  },
  {
    name: 'defect: not_yet_valid',
    fault: { kind: 'tls_certificate', defect: 'not_yet_valid' },
    cells: certificate('verify 9', 'x509.CertificateInvalidError'),
  },
  {
    name: 'defect: wrong_name',
    fault: { kind: 'tls_certificate', defect: 'wrong_name' },
    cells: certificate('verify 62', 'x509.HostnameError'),
  },
  {
    name: 'defect: self_signed',
    fault: { kind: 'tls_certificate', defect: 'self_signed' },
    cells: certificate('verify 18', 'x509.UnknownAuthorityError'),
  },
  {
    name: 'defect: unknown_ca',
    fault: { kind: 'tls_certificate', defect: 'unknown_ca' },
    cells: certificate('verify 20', 'x509.UnknownAuthorityError'),
  },
  {
    name: 'what: version',
    fault: { kind: 'tls_refuse', what: 'version' },
    cells: ['35 alert', '35 alert', '', 'alert 70', 'SSLError alert', 'alert', 'alert'],
  },
  {
    name: 'what: alpn',
    fault: { kind: 'tls_refuse', what: 'alpn' },
    cells: ['35 alert', '35 alert', '', 'alert 120', 'SSLError alert', 'alert', 'alert'],
  },
  {
    name: 'side: upstream',
    fault: { kind: 'tls_abort', side: 'upstream', at: 'certificate', how: 'reset' },
    cells: ['502', '502', '', '', '502', '502', '502'],
  },
]

const partial = (http1: string, http2: string, go2 = 'unexpected EOF') => [http1, http2, '', '', 'IncompleteRead', 'unexpected EOF', go2]
const STREAM_RESET = '92 INTERNAL_ERROR'
/** What Go says of RST_STREAM. */
const GO_RESET = 'INTERNAL_ERROR'
const http = (one: string, two = one) => [one, two, '', '', one, one, two]

const OF_EXCHANGES: readonly SeenCase[] = [
  { name: 'status: 529', fault: { kind: 'respond', status: 529 }, cells: http('529') },
  { name: 'instead_of: response', fault: { kind: 'respond', status: 503, instead_of: 'response' }, cells: http('503') },
  { name: '', fault: { kind: 'first_byte_delay', ms: 300 }, cells: http('200') },
  { name: '', fault: { kind: 'truncate_body', after_bytes: 3_000 }, cells: partial('18 partial', '92 PROTOCOL_ERROR') },
  {
    name: 'of chunks',
    path: '/chunks',
    fault: { kind: 'truncate_body', after_bytes: 3_000 },
    cells: partial('18 partial', STREAM_RESET, GO_RESET),
  },
  { name: 'ending: clean', fault: { kind: 'truncate_body', after_bytes: 3_000, ending: 'clean' }, cells: http('200') },
  {
    name: 'ending: reset',
    fault: { kind: 'truncate_body', after_bytes: 3_000, ending: 'reset' },
    cells: [CURL_RESET, STREAM_RESET, '', '', 'IncompleteRead', 'ECONNRESET', GO_RESET],
  },
  {
    name: '',
    path: '/gzip',
    fault: { kind: 'corrupt_gzip', after_bytes: 100 },
    cells: ['61', '61', '', '', '200', 'coding', 'coding'],
  },
  {
    name: '',
    path: '/chunks',
    fault: { kind: 'malformed_chunk', after_bytes: 3_000 },
    cells: ['56 chunk', '200', '', '', 'IncompleteRead', 'invalid byte in chunk length', '200'],
  },
  {
    name: 'delta: 10',
    fault: { kind: 'wrong_content_length', delta: 10 },
    cells: partial('18 partial', '92 PROTOCOL_ERROR'),
  },
  {
    name: 'delta: -10',
    fault: { kind: 'wrong_content_length', delta: -10 },
    cells: ['200', '92 PROTOCOL_ERROR', '', '', '200', '200', 'more than declared'],
  },
  { name: '', fault: { kind: 'h2_reset', after_bytes: 3_000 }, cells: ['200', STREAM_RESET, '', '', '200', '200', GO_RESET] },
  {
    name: 'before_head, code: 11',
    fault: { kind: 'h2_reset', before_head: true, code: 11 },
    cells: ['200', '92 ENHANCE_YOUR_CALM', '', '', '200', '200', 'ENHANCE_YOUR_CALM'],
  },
  { name: 'code: 0', fault: { kind: 'h2_goaway' }, cells: http('200') },
  { name: 'code: 11', fault: { kind: 'h2_goaway', code: 11 }, cells: ['200', '18 end', '', '', '200', '200', 'GOAWAY'] },
  {
    name: 'action: error_event',
    path: '/events',
    fault: { kind: 'sse', at: { event: 2 }, action: 'error_event' },
    cells: http('200'),
  },
  {
    name: 'action: cut',
    path: '/events',
    fault: { kind: 'sse', at: { event: 2 }, action: 'cut' },
    cells: partial('18 partial', STREAM_RESET, GO_RESET),
  },
  {
    name: 'action: cut, how: reset',
    path: '/events',
    fault: { kind: 'sse', at: { in_data_line: true, event: 1 }, action: 'cut', how: 'reset' },
    cells: [CURL_RESET, STREAM_RESET, '', '', 'IncompleteRead', 'ECONNRESET', GO_RESET],
  },
  {
    name: 'action: end, in_utf8',
    path: '/events',
    fault: { kind: 'sse', at: { in_utf8: true }, action: 'end' },
    cells: http('200'),
  },
  ...(['stall', 'stall_with_pings'] as const).map(
    (action): SeenCase => ({
      name: `action: ${action}`,
      path: '/events',
      fault: { kind: 'sse', at: { event: 2 }, action, ping_ms: 100 },
      isEndless: true,
      // Python's patience is for one read, and pings come in time for each.
      cells: ['28 timeout', '28 timeout', '', '', action === 'stall' ? 'TimeoutError' : '', 'timeout', 'timeout'],
    }),
  ),
  { name: 'action: duplicate', path: '/events', fault: { kind: 'sse', at: { event: 2 }, action: 'duplicate' }, cells: http('200') },
]

/** No rule is for it. */
export const CONTROL: SeenCase = { name: 'no fault', fault: { kind: 'refuse' }, cells: WHOLE }

export const SEEN_CASES: readonly SeenCase[] = [...BEFORE, ...RELAYED, ...HANDSHAKES, ...OF_OURS, ...OF_EXCHANGES]
