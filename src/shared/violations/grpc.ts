/**
 * Violations of gRPC's framing and of its answers (gRPC over HTTP/2, gRPC-Web, Connect). The observer stops reading that side;
 * the bytes flow on, so no status is ever answered. No thread of its own.
 */

import { violationTable } from './violation.ts'

/** Both documents are in the doc folder of github.com/grpc/grpc; they have named sections, no numbers. */
const MESSAGE_RULE = 'PROTOCOL-HTTP2 §Length-Prefixed-Message'
const RESPONSE_RULE = 'PROTOCOL-HTTP2 §Responses'
const REQUEST_RULE = 'PROTOCOL-HTTP2 §Requests'
const WEB_RULE = 'PROTOCOL-WEB §Protocol differences vs gRPC over HTTP2'

const sender = (rule: string, message: string) => ({ atFault: 'sender', rule, message, status: 0 }) as const
const origin = (rule: string, message: string) => ({ atFault: 'origin', rule, message, status: 0 }) as const

export const GRPC_VIOLATIONS = violationTable({
  grpc_flag: sender(MESSAGE_RULE, 'The first octet of a message is neither 0, nor 1, nor a trailer frame of the variant in use.'),
  grpc_compressed_without_encoding: sender(MESSAGE_RULE, 'A message is marked as compressed, but no grpc-encoding was announced.'),
  grpc_message_too_long: sender('limit', 'A message announces more octets than any implementation takes.'),
  grpc_truncated: sender(MESSAGE_RULE, 'The stream ended inside a message.'),
  grpc_base64: sender(WEB_RULE, 'A grpc-web-text body is not base64.'),
  grpc_after_trailers: origin(WEB_RULE, 'Octets came behind the trailer frame.'),
  grpc_status_missing: origin(RESPONSE_RULE, 'The response ended without grpc-status.'),
  grpc_status_malformed: origin(RESPONSE_RULE, 'The value of grpc-status is not a decimal number.'),
  grpc_timeout_malformed: {
    ...sender(REQUEST_RULE, 'The value of grpc-timeout is not up to eight digits and a unit.'),
    atFault: 'client',
  },
})
