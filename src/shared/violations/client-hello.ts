/**
 * Violations of a ClientHello and of the records that carry it (RFC 8446 §4.1.2, §5.1). No thread of its own.
 *
 * None can be refused with a reply (status 0): nothing is spoken yet in which to say it but a TLS alert.
 */

import { violationTable } from './violation.ts'

export const CLIENT_HELLO_VIOLATIONS = violationTable({
  client_hello_ssl2: {
    atFault: 'client',
    rule: 'RFC 6176 §3',
    message: 'The hello is in the format of SSL 2.0, which no TLS client may send any more.',
    status: 0,
  },
  client_hello_record_type: {
    atFault: 'client',
    rule: 'RFC 8446 §5.1',
    message: 'A TLS record of another type came before the ClientHello was complete.',
    status: 0,
  },
  client_hello_record_empty: {
    atFault: 'client',
    rule: 'RFC 8446 §5.1',
    message: 'A handshake record carries no octets.',
    status: 0,
  },
  client_hello_record_too_long: {
    atFault: 'client',
    rule: 'RFC 8446 §5.1',
    message: 'A handshake record is longer than 16,384 octets.',
    status: 0,
  },
  client_hello_message_type: {
    atFault: 'client',
    rule: 'RFC 8446 §4',
    message: 'The first handshake message is not a ClientHello.',
    status: 0,
  },
  client_hello_too_long: {
    atFault: 'client',
    rule: 'limit',
    message: 'The ClientHello is longer than 16,384 octets.',
    status: 0,
  },
  client_hello_malformed: {
    atFault: 'client',
    rule: 'RFC 8446 §4.1.2',
    message: 'A length inside the ClientHello does not fit what surrounds it.',
    status: 0,
  },
  client_hello_extension_twice: {
    atFault: 'client',
    rule: 'RFC 8446 §4.2',
    message: 'An extension is there twice, so that two readers may see two different hellos.',
    status: 0,
  },
})
