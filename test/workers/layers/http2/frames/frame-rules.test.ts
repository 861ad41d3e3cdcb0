/** judgeHead over every frame type, on stream 0 and another, at the lengths around its rule (RFC 9113 §6, RFC 9218 §7.1). */

import t from 'tap'
import { SETTINGS_FRAME_BYTES } from '../../../../../src/shared/limits/layers/http2.ts'
import { judgeHead } from '../../../../../src/workers/layers/http2/frames/frame-rules.ts'
import { ACK, PADDED, PRIORITY_FLAG } from '../../../../../src/workers/layers/http2/frames/frame-types.ts'

const BLOCK_BYTES = 1_000
const ZERO = 'http2_stream_zero'
const NOT_ZERO = 'http2_stream_not_zero'
const LENGTH = 'http2_frame_length'

/** What a frame on the right stream is, by length; and what the other kind of stream is answered. */
const RULES: readonly (readonly [
  name: string,
  type: number,
  flags: number,
  streamId: number,
  elsewhere: string | undefined,
  lengths: Readonly<Record<number, string | undefined>>,
])[] = [
  ['DATA', 0, 0, 1, ZERO, { 0: undefined, 9: undefined }],
  ['padded DATA', 0, PADDED, 1, ZERO, { 0: LENGTH, 1: undefined }],
  ['HEADERS', 1, 0, 1, ZERO, { 0: undefined, [BLOCK_BYTES]: undefined, [BLOCK_BYTES + 1]: 'http2_header_block_too_long' }],
  ['padded HEADERS with priority', 1, PADDED | PRIORITY_FLAG, 1, ZERO, { 5: LENGTH, 6: undefined }],
  ['PRIORITY', 2, 0, 1, ZERO, { 4: LENGTH, 5: undefined, 6: LENGTH }],
  ['RST_STREAM', 3, 0, 1, ZERO, { 3: LENGTH, 4: undefined, 5: LENGTH }],
  ['SETTINGS', 4, 0, 0, NOT_ZERO, { 0: undefined, 5: LENGTH, 6: undefined, 7: LENGTH }],
  ['long SETTINGS', 4, 0, 0, NOT_ZERO, { [Math.ceil((SETTINGS_FRAME_BYTES + 1) / 6) * 6]: 'http2_settings_too_long' }],
  ['SETTINGS ACK', 4, ACK, 0, NOT_ZERO, { 0: undefined, 6: LENGTH }],
  ['PUSH_PROMISE', 5, 0, 1, ZERO, { 3: LENGTH, 4: undefined }],
  ['padded PUSH_PROMISE', 5, PADDED | PRIORITY_FLAG, 1, ZERO, { 4: LENGTH, 5: undefined }],
  ['PING', 6, 0, 0, NOT_ZERO, { 7: LENGTH, 8: undefined, 9: LENGTH }],
  ['GOAWAY', 7, 0, 0, NOT_ZERO, { 7: LENGTH, 8: undefined, 99: undefined }],
  ['WINDOW_UPDATE of a stream', 8, 0, 1, undefined, { 3: LENGTH, 4: undefined, 5: LENGTH }],
  ['WINDOW_UPDATE of the connection', 8, 0, 0, undefined, { 4: undefined }],
  ['CONTINUATION out of place', 9, 0, 1, 'http2_continuation_unexpected', { 0: 'http2_continuation_unexpected' }],
  ['PRIORITY_UPDATE', 16, 0, 0, NOT_ZERO, { 3: LENGTH, 4: undefined }],
  ['an unknown type', 0xfa, 0xff, 1, undefined, { 0: undefined, 16384: undefined }],
]

t.test('every type', async (t) => {
  for (const [name, type, flags, streamId, elsewhere, lengths] of RULES) {
    for (const [length, code] of Object.entries(lengths)) {
      t.equal(judgeHead(type, flags, streamId, Number(length), BLOCK_BYTES)?.code, code, `${name} of ${length}`)
      // A WINDOW_UPDATE may stand on either.
      const other = judgeHead(type, flags, streamId === 0 ? 1 : 0, Number(length), BLOCK_BYTES)?.code
      t.equal(other, elsewhere ?? code, `${name} of ${length} on the other kind of stream`)
    }
  }
})
