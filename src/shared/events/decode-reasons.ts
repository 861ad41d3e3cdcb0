/**
 * Why the observation of a payload ended early (`decode_failed`): closed lists. The relayed octets are not concerned.
 *
 * The order is wire format where a ring carries the index: append, never reorder. No thread of its own.
 */

export const DECODE_LAYERS = ['content_coding', 'websocket_deflate', 'event_stream', 'ndjson', 'msgpack', 'json'] as const

export const DECODE_REASONS = [
  /** The body ended within the encoding. */
  'truncated',
  /** The octets are not in the encoding that was announced. */
  'corrupt',
  /** The decoded message exceeds our bound. */
  'output_limit',
  /** It expands more than our bound allows. */
  'ratio_limit',
  /** Too many codings, or containers too deep. */
  'nesting_limit',
  /** The decoder fell too far behind the relay. */
  'backlog_limit',
  /** No decoder here for what was announced. */
  'unsupported',
  /** The encoded unit exceeds what is kept of it. */
  'input_limit',
  /** It builds on an earlier message that could not be decoded. */
  'context_lost',
] as const

export type DecodeLayer = (typeof DECODE_LAYERS)[number]
export type DecodeReason = (typeof DECODE_REASONS)[number]
