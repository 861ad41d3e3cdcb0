/**
 * openedHttp2: an Http2Layer between two ends that have exchanged prefaces and SETTINGS, for tests that write frames by hand. No
 * sockets.
 */

import { CLIENT, ORIGIN, type Side } from '../../../src/shared/side.ts'
import { Http2Layer, type Http2LayerOptions } from '../../../src/workers/layers/http2/http2-layer.ts'
import { PREFACE, type ReadFrame, readFrames, settings, settingsAck } from '../octets/http2-frames.ts'
import { HttpRecorder, type Verdicts } from '../recorders/http-recorder.ts'
import { LayerRelay } from './layer-relay.ts'

export type SettingPair = readonly [id: number, value: number]

export interface OpenedHttp2Options {
  readonly layer?: Partial<Http2LayerOptions>
  readonly verdicts?: Verdicts
  readonly client?: readonly SettingPair[]
  readonly origin?: readonly SettingPair[]
}

export interface OpenedHttp2 {
  readonly recorder: HttpRecorder
  readonly relay: LayerRelay
}

export function openedHttp2({ layer = {}, verdicts = {}, client = [], origin = [] }: OpenedHttp2Options = {}): OpenedHttp2 {
  const recorder = new HttpRecorder(verdicts)
  let clock: LayerRelay | undefined
  const relay = new LayerRelay(new Http2Layer({ handler: recorder, now: () => clock?.now ?? 0, ...layer }))
  clock = relay
  relay.feed(CLIENT, Buffer.concat([PREFACE, settings(...client)]))
  relay.feed(ORIGIN, Buffer.concat([settings(...origin), settingsAck()]))
  relay.feed(CLIENT, settingsAck())
  return { recorder, relay }
}

/** What `side` has been sent so far. */
export function framesTo(relay: LayerRelay, side: Side): ReadFrame[] {
  return readFrames(Buffer.from(relay.received(side), 'latin1'))
}

/** The same, of one stream: `HEADERS`, `DATA 5`, `RST_STREAM 8`, with a full stop where END_STREAM is set. */
export function storyOf(relay: LayerRelay, side: Side, id: number): string[] {
  return framesTo(relay, side)
    .filter((frame) => frame.id === id)
    .map(({ type, flags, payload }) => {
      const end = type <= 1 && (flags & 1) !== 0 ? '.' : ''
      if (type === 0) return `DATA ${payload.length}${end}`
      if (type === 1) return `HEADERS${end}`
      if (type === 3) return `RST_STREAM ${payload.readUInt32BE(0)}`
      return type === 8 ? `WINDOW_UPDATE ${payload.readUInt32BE(0)}` : `type ${type}`
    })
}
