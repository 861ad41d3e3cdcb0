/**
 * The lifecycle of one half of a stream: what one side may still send on it (RFC 9113 §5.1). A table; what is not in it is a
 * violation. Worker thread.
 *
 * The two halves together are the states of §5.1: *open* is BODY on both sides, *half-closed* ENDED on one, *reserved* HEAD on
 * the origin's and ENDED on the client's. A stream that is reset, or whose halves have both ended, leaves the stream table.
 */

import { HTTP2_VIOLATIONS, type Http2Violation } from '../../../shared/violations/http2.ts'

/** Nothing was sent. */
export const IDLE = 0
/** The response head is still to come. */
export const HEAD = 1
/** The head has been sent. */
export const BODY = 2
/** END_STREAM has been sent. */
export const ENDED = 3
/** RST_STREAM has been sent. */
export const CLOSED = 4

export type HalfState = typeof IDLE | typeof HEAD | typeof BODY | typeof ENDED | typeof CLOSED

/** What a side sends on a stream, as the lifecycle sees it. */
export const SENDS_INFORMATIONAL = 0
export const SENDS_HEAD = 1
export const SENDS_DATA = 2
export const SENDS_TRAILERS = 3
export const SENDS_END = 4
export const SENDS_RESET = 5
export const SENDS_WINDOW_UPDATE = 6
export const SENDS_PRIORITY = 7
export const SENDS_PUSH = 8

export type Sends =
  | typeof SENDS_INFORMATIONAL
  | typeof SENDS_HEAD
  | typeof SENDS_DATA
  | typeof SENDS_TRAILERS
  | typeof SENDS_END
  | typeof SENDS_RESET
  | typeof SENDS_WINDOW_UPDATE
  | typeof SENDS_PRIORITY
  | typeof SENDS_PUSH

const EVENTS = 9

/** By state: event → next state. */
const TRANSITIONS: Readonly<Record<HalfState, readonly (readonly [Sends, HalfState])[]>> = {
  [IDLE]: [
    [SENDS_HEAD, BODY],
    [SENDS_PRIORITY, IDLE],
  ],
  [HEAD]: [
    [SENDS_INFORMATIONAL, HEAD],
    [SENDS_HEAD, BODY],
    [SENDS_RESET, CLOSED],
    [SENDS_WINDOW_UPDATE, HEAD],
    [SENDS_PRIORITY, HEAD],
    [SENDS_PUSH, HEAD],
  ],
  [BODY]: [
    [SENDS_DATA, BODY],
    [SENDS_TRAILERS, BODY],
    [SENDS_END, ENDED],
    [SENDS_RESET, CLOSED],
    [SENDS_WINDOW_UPDATE, BODY],
    [SENDS_PRIORITY, BODY],
    [SENDS_PUSH, BODY],
  ],
  [ENDED]: [
    [SENDS_RESET, CLOSED],
    [SENDS_WINDOW_UPDATE, ENDED],
    [SENDS_PRIORITY, ENDED],
  ],
  [CLOSED]: [[SENDS_PRIORITY, CLOSED]],
}

const NONE = -1
const NEXT = new Int8Array((CLOSED + 1) * EVENTS).fill(NONE)
for (const [state, transitions] of Object.entries(TRANSITIONS)) {
  for (const [event, next] of transitions) NEXT[Number(state) * EVENTS + event] = next
}

/** The state after `event`, or −1: then `lifecycleViolation` says what was broken. */
export function nextState(state: HalfState, event: Sends): HalfState | -1 {
  return NEXT[state * EVENTS + event] as HalfState | -1
}

export function lifecycleViolation(state: HalfState, event: Sends): Http2Violation {
  if (state === IDLE) return HTTP2_VIOLATIONS.http2_stream_idle
  if (state === HEAD && (event === SENDS_DATA || event === SENDS_END)) return HTTP2_VIOLATIONS.http2_data_before_head
  return HTTP2_VIOLATIONS.http2_stream_closed
}
