/**
 * The lifecycle table of a stream half, over every state and event (RFC 9113 §5.1).
 */

import t from 'tap'
import {
  BODY,
  CLOSED,
  ENDED,
  type HalfState,
  HEAD,
  IDLE,
  lifecycleViolation,
  nextState,
  type Sends,
} from '../../../../src/workers/layers/http2/stream-states.ts'

const EVENTS = ['informational', 'head', 'data', 'trailers', 'end', 'reset', 'window update', 'priority', 'push']
const I = 'http2_stream_idle'
const D = 'http2_data_before_head'
const C = 'http2_stream_closed'

/** RFC 9113 §5.1, by state: what follows each event. */
const EXPECTED: Readonly<Record<HalfState, readonly (HalfState | string)[]>> = {
  [IDLE]: [I, BODY, I, I, I, I, I, IDLE, I],
  [HEAD]: [HEAD, BODY, D, C, D, CLOSED, HEAD, HEAD, HEAD],
  [BODY]: [C, C, BODY, BODY, ENDED, CLOSED, BODY, BODY, BODY],
  [ENDED]: [C, C, C, C, C, CLOSED, ENDED, ENDED, C],
  [CLOSED]: [C, C, C, C, C, C, C, CLOSED, C],
}

t.test('every event in every state', async (t) => {
  for (const [state, row] of Object.entries(EXPECTED)) {
    for (const [event, expected] of row.entries()) {
      const next = nextState(Number(state) as HalfState, event as Sends)
      const got = next === -1 ? lifecycleViolation(Number(state) as HalfState, event as Sends).code : next
      t.equal(got, expected, `state ${state}, ${EVENTS[event]}`)
    }
  }
})
