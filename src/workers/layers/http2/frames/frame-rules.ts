/**
 * What the head of a frame alone can break: its stream and its length (RFC 9113 §6, RFC 9218 §7.1). Worker thread.
 */

import { SETTINGS_FRAME_BYTES } from '../../../../shared/limits/layers/http2.ts'
import { HTTP2_VIOLATIONS, type Http2Violation } from '../../../../shared/violations/http2.ts'
import {
  ACK,
  CONTINUATION,
  DATA,
  GOAWAY,
  HEADERS,
  PADDED,
  PING,
  PRIORITY,
  PRIORITY_BYTES,
  PRIORITY_FLAG,
  PRIORITY_UPDATE,
  PUSH_PROMISE,
  RST_STREAM,
  SETTING_BYTES,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame-types.ts'

/** What a frame's head alone can break (§6). */
export function judgeHead(type: number, flags: number, streamId: number, length: number, blockBytes: number): Http2Violation | undefined {
  switch (type) {
    case DATA:
      if (streamId === 0) return HTTP2_VIOLATIONS.http2_stream_zero
      return (flags & PADDED) !== 0 && length === 0 ? HTTP2_VIOLATIONS.http2_frame_length : undefined
    case HEADERS:
    case PUSH_PROMISE: {
      if (streamId === 0) return HTTP2_VIOLATIONS.http2_stream_zero
      const priority = type === HEADERS && (flags & PRIORITY_FLAG) !== 0 ? PRIORITY_BYTES : 0
      const least = ((flags & PADDED) !== 0 ? 1 : 0) + (type === PUSH_PROMISE ? 4 : priority)
      if (length < least) return HTTP2_VIOLATIONS.http2_frame_length
      return length > blockBytes ? HTTP2_VIOLATIONS.http2_header_block_too_long : undefined
    }
    case PRIORITY:
      if (streamId === 0) return HTTP2_VIOLATIONS.http2_stream_zero
      return exactly(PRIORITY_BYTES, length)
    case RST_STREAM:
      if (streamId === 0) return HTTP2_VIOLATIONS.http2_stream_zero
      return exactly(4, length)
    case SETTINGS:
      if (streamId !== 0) return HTTP2_VIOLATIONS.http2_stream_not_zero
      if ((flags & ACK) !== 0) return exactly(0, length)
      if (length % SETTING_BYTES !== 0) return HTTP2_VIOLATIONS.http2_frame_length
      return length > SETTINGS_FRAME_BYTES ? HTTP2_VIOLATIONS.http2_settings_too_long : undefined
    case PING:
      if (streamId !== 0) return HTTP2_VIOLATIONS.http2_stream_not_zero
      return exactly(8, length)
    case GOAWAY:
      if (streamId !== 0) return HTTP2_VIOLATIONS.http2_stream_not_zero
      return length < 8 ? HTTP2_VIOLATIONS.http2_frame_length : undefined
    case WINDOW_UPDATE:
      return exactly(4, length)
    case CONTINUATION:
      return HTTP2_VIOLATIONS.http2_continuation_unexpected
    case PRIORITY_UPDATE:
      if (streamId !== 0) return HTTP2_VIOLATIONS.http2_stream_not_zero
      return length < 4 ? HTTP2_VIOLATIONS.http2_frame_length : undefined
    default:
      return undefined
  }
}

function exactly(expected: number, length: number): Http2Violation | undefined {
  return length === expected ? undefined : HTTP2_VIOLATIONS.http2_frame_length
}
