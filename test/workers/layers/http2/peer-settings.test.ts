/**
 * SETTINGS that change midway: what binds the other side, and from when on.
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { block, frame, GET, headers, settings, settingsAck, windowUpdate } from '../../../support/http2-frames.ts'
import { openedHttp2, type SettingPair } from '../../../support/opened-http2.ts'

const OK = [[':status', '200']] as const
const HEADER_TABLE_SIZE = 1
const INITIAL_WINDOW_SIZE = 4
const MAX_FRAME_SIZE = 5

t.test('credit is counted on the window that its sender has advertised last', async (t) => {
  const lowered = openedHttp2({ client: [[INITIAL_WINDOW_SIZE, 0x7fffffff]] })
  lowered.relay.feed(CLIENT, headers(1, GET, true))
  lowered.relay.feed(CLIENT, Buffer.concat([settings([INITIAL_WINDOW_SIZE, 0]), windowUpdate(1, 0x7fffffff)]))
  t.same(lowered.recorder.violations, [])
  lowered.relay.feed(CLIENT, windowUpdate(1, 1))
  t.same(lowered.recorder.violations, ['http2_window_overflow_stream'])
  const raised = openedHttp2()
  raised.relay.feed(CLIENT, headers(1, GET, true))
  raised.relay.feed(CLIENT, Buffer.concat([settings([INITIAL_WINDOW_SIZE, 0x7fffffff]), windowUpdate(1, 1)]))
  t.same(raised.recorder.violations, ['http2_window_overflow_stream'])
})

/** A block that begins with a size update: five bits of prefix, then a multiple of 128 more. */
const updated = (size: number) => Buffer.from([0x3f, ...varint(size - 31), ...block(OK)])

function varint(value: number): number[] {
  return value < 128 ? [value] : [0x80 | (value & 0x7f), ...varint(value >> 7)]
}

t.test('what raises a limit may be used before it is acknowledged; what lowers one binds from the acknowledgement on', async (t) => {
  const open = (...client: SettingPair[]) => {
    const opened = openedHttp2()
    opened.relay.feed(CLIENT, headers(1, GET, true))
    opened.relay.feed(CLIENT, settings(...client))
    return opened
  }
  const tables = open([HEADER_TABLE_SIZE, 8_192])
  tables.relay.feed(ORIGIN, frame(1, 4, 1, updated(8_192)))
  t.same(tables.recorder.violations, [])
  const above = open([HEADER_TABLE_SIZE, 8_192])
  above.relay.feed(ORIGIN, frame(1, 4, 1, updated(8_193)))
  t.same(above.recorder.violations, ['hpack_size_update_too_large'])
  const unsettled = open([HEADER_TABLE_SIZE, 100])
  unsettled.relay.feed(ORIGIN, frame(1, 4, 1, block(OK)))
  t.same(unsettled.recorder.violations, [], 'lowered, and not acknowledged')
  unsettled.relay.feed(ORIGIN, settingsAck())
  unsettled.relay.feed(ORIGIN, frame(1, 5, 1, block([['sum', '1']])))
  t.same(unsettled.recorder.violations, ['hpack_size_update_missing'])
  const frames = open([MAX_FRAME_SIZE, 20_000])
  frames.relay.feed(ORIGIN, Buffer.concat([headers(1, OK), frame(0, 1, 1, new Uint8Array(20_000))]))
  t.same(frames.recorder.violations, [])
  t.same(frames.recorder.ends, ['1:completed'])
})
