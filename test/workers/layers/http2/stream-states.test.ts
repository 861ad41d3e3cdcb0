/**
 * The lifecycle tables of a stream half, over every state (RFC 9113 §5.1).
 */

import t from 'tap'
import { BODY, ENDED, HEAD, ON_DATA, ON_PUSH, ON_TRAILERS } from '../../../../src/workers/layers/http2/stream-states.ts'

const OK = undefined

t.test('every frame in every state', async (t) => {
  const expected = [
    ['DATA', ON_DATA, ['http2_data_before_head', OK, 'http2_stream_closed']],
    ['trailers', ON_TRAILERS, ['http2_stream_closed', OK, 'http2_stream_closed']],
    ['PUSH_PROMISE', ON_PUSH, [OK, OK, 'http2_stream_closed']],
  ] as const
  for (const [frame, table, codes] of expected) {
    t.same(
      ([HEAD, BODY, ENDED] as const).map((state) => table[state]?.code),
      codes,
      frame,
    )
  }
})
