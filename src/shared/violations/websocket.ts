/**
 * Violations of the WebSocket protocol (RFC 6455, RFC 7692). The observer turns opaque for the side that broke the rule; the
 * bytes flow on, so no status is ever answered. No thread of its own.
 */

import { violationTable } from './violation.ts'

const sender = (rule: string, message: string) => ({ atFault: 'sender', rule, message, status: 0 }) as const

export const WEBSOCKET_VIOLATIONS = violationTable({
  websocket_reserved_bits: sender('RFC 6455 §5.2', 'A reserved bit is set that no negotiated extension defines.'),
  websocket_reserved_opcode: sender('RFC 6455 §5.2', 'The opcode is one of the reserved ones (3–7, 11–15).'),
  websocket_client_unmasked: { atFault: 'client', rule: 'RFC 6455 §5.1', message: 'A frame from the client is not masked.', status: 0 },
  websocket_origin_masked: { atFault: 'origin', rule: 'RFC 6455 §5.1', message: 'A frame from the server is masked.', status: 0 },
  websocket_length_not_minimal: sender('RFC 6455 §5.2', 'The payload length is not in its shortest form.'),
  websocket_length_overflow: sender('RFC 6455 §5.2', 'The payload length is 2⁵³ or more.'),
  websocket_control_fragmented: sender('RFC 6455 §5.5', 'A control frame has FIN unset.'),
  websocket_control_too_long: sender('RFC 6455 §5.5', 'A control frame has a payload of more than 125 octets.'),
  websocket_continuation_unexpected: sender('RFC 6455 §5.4', 'A continuation frame came without a message to continue.'),
  websocket_continuation_missing: sender('RFC 6455 §5.4', 'A new message began before the last one was finished.'),
  websocket_compressed_continuation: sender('RFC 7692 §6.1', 'RSV1 is set on a continuation frame.'),
  websocket_compressed_control: sender('RFC 7692 §6.1', 'RSV1 is set on a control frame.'),
  websocket_text_not_utf8: sender('RFC 6455 §8.1', 'A text message is not UTF-8.'),
  websocket_close_payload: sender('RFC 6455 §5.5.1', 'The payload of a close frame has one octet, or a reason that is not UTF-8.'),
  websocket_close_code: sender('RFC 6455 §7.4', 'The close code must not be sent.'),
  websocket_frame_after_close: sender('RFC 6455 §5.5.1', 'A data frame came after the close frame.'),
})
