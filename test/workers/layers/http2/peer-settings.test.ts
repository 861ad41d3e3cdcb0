/**
 * SETTINGS that change midway: what binds the other side, and from when on.
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { framesTo, openedHttp2, type SettingPair } from '../../../support/harnesses/opened-http2.ts'
import { block, frame, GET, headers, settings, settingsAck, windowUpdate } from '../../../support/octets/http2-frames.ts'

const OK = [[':status', '200']] as const
const HEADER_TABLE_SIZE = 1
const INITIAL_WINDOW_SIZE = 4
const MAX_FRAME_SIZE = 5
const GRPC_ALLOW_TRUE_BINARY_METADATA = 0xfe03

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

t.test('binary metadata of gRPC passes as it is to whoever takes it, and is told in base64', async (t) => {
  const binary = (name: string, value: string) => headers(3, [...GET, ['x', '1'], [name, value], ['y', '2']], true)
  const sent = binary('trace-bin', '\0\xff\r\nz: 1\r\n\r\n')
  const told = ['trace-bin', '/w0KejogMQ0KDQo']
  const taken = openedHttp2({ origin: [[GRPC_ALLOW_TRUE_BINARY_METADATA, 1]] })
  taken.relay.feed(CLIENT, sent)
  t.same(taken.recorder.of(3)[0]?.fields, [['x', '1'], told, ['y', '2']])
  t.ok(taken.relay.received(ORIGIN).endsWith(sent.toString('latin1')))
  taken.relay.feed(ORIGIN, headers(3, [...OK, ['trace-bin', '\0a']], true))
  t.same(taken.recorder.violations, ['http2_field_value'], 'the client takes none')

  const empty = openedHttp2({ origin: [[GRPC_ALLOW_TRUE_BINARY_METADATA, 1]] })
  empty.relay.feed(CLIENT, binary('-bin', '\0'))
  t.same(empty.recorder.of(3)[0]?.fields?.[1], ['-bin', ''])
  for (const [name, value, announced] of [
    ['trace-bin', '\0a', 0],
    ['trace-bin', 'a\0', 1],
    ['trace-bin', 'a\n', 1],
    ['bin', '\0a', 1],
    ['trace-bin-x', '\0a', 1],
  ] as const) {
    const { relay, recorder } = openedHttp2({ origin: [[GRPC_ALLOW_TRUE_BINARY_METADATA, announced]] })
    relay.feed(CLIENT, binary(name, value))
    t.same(recorder.violations, ['http2_field_value'], `${name} ${JSON.stringify(value)} ${announced}`)
  }

  // Behind a block that is withheld, ours are the tables: what is encoded anew is the base64, which receivers take as well.
  const origin = [[GRPC_ALLOW_TRUE_BINARY_METADATA, 1]] as const
  const altered = openedHttp2({
    origin,
    verdicts: { request: (id) => (id === 1 ? { kind: 'reset', code: 8, reason: 'blocked' } : undefined) },
  })
  altered.relay.feed(CLIENT, Buffer.concat([headers(1, GET, true), sent]))
  const anew = framesTo(altered.relay, ORIGIN).filter(({ type, id }) => type === 1 && id === 3)
  const beyond = openedHttp2({ origin })
  for (const { type, flags, id, payload } of anew) beyond.relay.feed(CLIENT, frame(type, flags, id, payload))
  t.same(beyond.recorder.of(3)[0]?.fields, [['x', '1'], told, ['y', '2']])
  t.same(beyond.recorder.violations, [])
})
