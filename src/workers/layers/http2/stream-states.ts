/**
 * The lifecycle of one half of a stream: what one side may still send on it (RFC 9113 §5.1), as a table by state. Worker thread.
 *
 * The two halves together are the states of §5.1: *open* is BODY on both sides, *half-closed* ENDED on one, *reserved* HEAD on
 * the origin's and ENDED on the client's. A stream that is reset, or whose halves have both ended, leaves the stream table; one
 * that nobody has opened is not in it yet.
 */

import { HTTP2_VIOLATIONS, type Http2Violation } from '../../../shared/violations/http2.ts'

/** The final response head is still to come. */
export const HEAD = 0
/** The head has been sent. */
export const BODY = 1
/** END_STREAM has been sent. */
export const ENDED = 2

export type HalfState = typeof HEAD | typeof BODY | typeof ENDED

/** By state: what is broken; undefined where nothing is. */
type Verdicts = Readonly<Record<HalfState, Http2Violation | undefined>>

/** A side sends DATA. */
export const ON_DATA: Verdicts = {
  [HEAD]: HTTP2_VIOLATIONS.http2_data_before_head,
  [BODY]: undefined,
  [ENDED]: HTTP2_VIOLATIONS.http2_stream_closed,
}

/** A side sends a field section behind its body. In HEAD a field section is a response head, which has judges of its own. */
export const ON_TRAILERS: Verdicts = {
  [HEAD]: HTTP2_VIOLATIONS.http2_stream_closed,
  [BODY]: undefined,
  [ENDED]: HTTP2_VIOLATIONS.http2_stream_closed,
}

/** A side sends PUSH_PROMISE on the stream (§8.4: while it is open or half-closed by the client). */
export const ON_PUSH: Verdicts = {
  [HEAD]: undefined,
  [BODY]: undefined,
  [ENDED]: HTTP2_VIOLATIONS.http2_stream_closed,
}
