/**
 * Violations of the TLS record layer, as a passive watcher sees them (RFC 8446 §5.1). No thread of its own.
 *
 * A watcher fails open: the bytes still flow, and the flow is told as opaque from there on.
 */

import { violationTable } from './violation.ts'

export const TLS_RECORD_VIOLATIONS = violationTable({
  tls_record_type: {
    atFault: 'sender',
    rule: 'RFC 8446 §5.1',
    message: 'After TLS records came octets that no TLS record starts with.',
    status: 0,
  },
  tls_record_too_long: {
    atFault: 'sender',
    rule: 'RFC 5246 §6.2.3',
    message: 'A TLS record is longer than 18,432 octets.',
    status: 0,
  },
  tls_record_server_hello_malformed: {
    atFault: 'origin',
    rule: 'RFC 8446 §4.1.3',
    message: 'A length inside the ServerHello does not fit what surrounds it.',
    status: 0,
  },
  tls_record_server_hello_too_long: {
    atFault: 'origin',
    rule: 'limit',
    message: 'The ServerHello is longer than 4,096 octets.',
    status: 0,
  },
})
