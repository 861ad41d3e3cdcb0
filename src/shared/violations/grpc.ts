/**
 * Violations of gRPC's framing and of its answers (gRPC over HTTP/2, gRPC-Web, Connect). The observer stops reading that side;
 * the bytes flow on, so no status is ever answered. No thread of its own.
 */

import { violationTable } from './violation.ts'

const HTTP2_PROTOCOL = 'gRPC PROTOCOL-HTTP2'

const sender = (rule: string, message: string) => ({ atFault: 'sender', rule, message, status: 0 }) as const
const origin = (rule: string, message: string) => ({ atFault: 'origin', rule, message, status: 0 }) as const

export const GRPC_VIOLATIONS = violationTable({
  grpc_flag: sender(HTTP2_PROTOCOL, 'The first octet of a message is neither 0, nor 1, nor a trailer frame of the variant in use.'),
  grpc_compressed_without_encoding: sender(HTTP2_PROTOCOL, 'A message is marked as compressed, but no grpc-encoding was announced.'),
  grpc_message_too_long: sender('limit', 'A message announces more octets than any implementation takes.'),
  grpc_truncated: sender(HTTP2_PROTOCOL, 'The stream ended inside a message.'),
  grpc_base64: sender('gRPC PROTOCOL-WEB', 'A grpc-web-text body is not base64.'),
  grpc_after_trailers: origin('gRPC PROTOCOL-WEB', 'Octets came behind the trailer frame.'),
  grpc_status_missing: origin(HTTP2_PROTOCOL, 'The response ended without grpc-status.'),
  grpc_status_malformed: origin(HTTP2_PROTOCOL, 'The value of grpc-status is not a decimal number.'),
  grpc_timeout_malformed: {
    ...sender(HTTP2_PROTOCOL, 'The value of grpc-timeout is not up to eight digits and a unit.'),
    atFault: 'client',
  },
})
