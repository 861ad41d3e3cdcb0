/**
 * FrameRelay: every frame but header blocks: what it means for its stream and the connection, and its fate. Worker thread.
 * RFC 9113 §6.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { HPACK_TABLE_BYTES } from '../../../shared/limits/layers/http2.ts'
import { CLIENT, ORIGIN } from '../../../shared/side.ts'
import { HTTP2_VIOLATIONS, type Http2Violation, NO_ERROR, REFUSED_STREAM } from '../../../shared/violations/http2.ts'
import type { AbsentOrigin } from './absent-origin.ts'
import type { Connection } from './connection.ts'
import type { Direction } from './direction.ts'
import { BLOCK, DROP, type Fate, FORWARD } from './fate.ts'
import { altSvcValue } from './frames/altsvc-frame.ts'
import { uint31, uint32 } from './frames/frame-parser.ts'
import { ACK, END_STREAM, WINDOW_LIMIT } from './frames/frame-types.ts'
import { windowUpdateFrame } from './frames/synthesis.ts'
import type { HeaderRelay } from './header-relay.ts'
import type { EditedHalf, Http2Stream } from './http2-stream.ts'
import type { Replies } from './replies.ts'
import { ENDED, ON_DATA } from './stream-states.ts'

export class FrameRelay {
  readonly #connection: Connection
  readonly #headers: HeaderRelay
  readonly #replies: Replies
  readonly #absent: AbsentOrigin
  readonly #stripsAltSvc: boolean

  constructor(connection: Connection, headers: HeaderRelay, replies: Replies, absent: AbsentOrigin, stripsAltSvc: boolean) {
    this.#connection = connection
    this.#headers = headers
    this.#replies = replies
    this.#absent = absent
    this.#stripsAltSvc = stripsAltSvc
  }

  /** The head of a DATA frame (§6.1): its fate holds for all of its octets. */
  onData(direction: Direction): Fate {
    const connection = this.#connection
    const { parser, side } = direction
    const { streamId: id, length, dataLength } = parser
    const ends = (parser.flags & END_STREAM) !== 0
    direction.dataStream = undefined
    direction.dataHalf = undefined
    if (dataLength === 0 && !ends) {
      const flood = direction.flood.onEmptyFrame()
      if (flood !== undefined) return flood
    }
    if (direction.buried.has(id)) {
      if (side === CLIENT) connection.unfinished.take(id, length, ends)
      return this.#swallow(direction, undefined, length)
    }
    const stream = connection.streams.get(id)
    if (stream === undefined) {
      if (connection.isIdle(id)) return HTTP2_VIOLATIONS.http2_stream_idle
      // Where streams ended by our doing, the receiver may never have heard of this one.
      if (connection.altered) return this.#swallow(direction, undefined, length)
      return this.#mustWait(direction, length) ? BLOCK : this.#forwardData(direction, undefined, length)
    }
    const fate = this.#judgeData(direction, stream, dataLength, ends)
    if (fate !== FORWARD) return fate
    const half = stream.answered ? undefined : stream.altered[side]
    if (half !== undefined) return this.#alterData(direction, half, length, ends)
    if (!stream.answered && this.#mustWait(direction, length)) return BLOCK
    stream.received[side] += dataLength
    direction.dataStream = stream
    direction.dataEnds = ends
    return stream.answered ? this.#swallow(direction, stream, length) : this.#forwardData(direction, stream, length)
  }

  /** Payload of the frame in hand: told to whoever reads the stream. */
  onDataOctets(direction: Direction, bytes: Uint8Array): void {
    const { dataStream: stream, dataHalf: half } = direction
    if (stream === undefined || bytes.length === 0) return
    if (half !== undefined) {
      half.execute(bytes)
      return
    }
    if (stream.upgraded) stream.observer?.execute(direction.side, bytes)
    else if (direction.side === CLIENT) this.#connection.handler.onRequestBody(stream.id, bytes)
    else this.#connection.handler.onResponseBody(stream.id, bytes)
  }

  /** The DATA frame in hand is over. */
  onDataEnd(direction: Direction): void {
    const { dataStream: stream, dataHalf: half } = direction
    direction.dataStream = undefined
    direction.dataHalf = undefined
    if (half !== undefined) {
      if (direction.dataEnds) half.finish(undefined)
      half.giveBack()
    } else if (stream !== undefined && direction.dataEnds) {
      this.#connection.endHalf(direction.side, stream)
    }
  }

  onRstStream(direction: Direction): Fate {
    const connection = this.#connection
    const { parser, side } = direction
    const id = parser.streamId
    if (direction.buried.delete(id)) {
      if (side === CLIENT) connection.unfinished.forget(id)
      return DROP
    }
    const stream = connection.streams.get(id)
    if (stream === undefined) {
      if (connection.isIdle(id)) return HTTP2_VIOLATIONS.http2_stream_idle
      return this.#countReset(direction) ?? (connection.altered ? DROP : FORWARD)
    }
    const code = uint32(parser.raw, parser.payloadStart)
    const isComplete = stream.states[ORIGIN] === ENDED
    if (stream.answered) {
      this.#replies.forget(stream)
      connection.endStream(stream, stream.reason ?? 'completed', code)
      return this.#countReset(direction) ?? DROP
    }
    connection.endStream(stream, resetReason(side, code, isComplete), code)
    // §8.1: a server may ask with NO_ERROR, after its complete response, that the rest of the request be left out.
    return (isComplete ? undefined : this.#countReset(direction)) ?? FORWARD
  }

  onWindowUpdate(direction: Direction): Fate {
    const connection = this.#connection
    const { parser } = direction
    const id = parser.streamId
    const increment = uint31(parser.raw, parser.payloadStart)
    const flood = direction.flood.onWindowUpdate()
    if (flood !== undefined) return flood
    if (id === 0) return this.#onConnectionCredit(direction, increment)
    if (direction.buried.has(id)) return DROP
    const stream = connection.streams.get(id)
    // Credit for a closed stream is of no use to anybody.
    if (stream === undefined) return connection.isIdle(id) ? HTTP2_VIOLATIONS.http2_stream_idle : connection.altered ? DROP : FORWARD
    if (increment === 0) return connection.refuseStream(direction.side, id, HTTP2_VIOLATIONS.http2_window_zero_stream) ?? DROP
    const credit = stream.credit[direction.receiver] + increment
    if (direction.settings.initialWindow + credit > WINDOW_LIMIT)
      return connection.refuseStream(direction.side, id, HTTP2_VIOLATIONS.http2_window_overflow_stream) ?? DROP
    stream.credit[direction.receiver] = credit
    if (direction.side === CLIENT) connection.noteWindow(stream)
    const half = stream.answered ? undefined : stream.altered[direction.receiver]
    if (half !== undefined) {
      half.drain()
      return passOn(direction, id, increment, half.repay(increment))
    }
    if (direction.side === ORIGIN) return FORWARD
    if (!stream.answered) return FORWARD
    this.#replies.onCredit()
    return DROP
  }

  onSettings(direction: Direction): Fate {
    const { parser, settings } = direction
    const start = parser.payloadStart
    if ((parser.flags & ACK) !== 0) return this.#onSettingsAck(direction)
    const violation = direction.flood.onSettings() ?? settings.read(parser.raw, start, start + parser.length)
    if (violation !== undefined) return violation
    const towards = this.#connection.directions[direction.receiver]
    towards.parser.maxFrameSize = settings.largestFrame(towards.frameSize)
    towards.decoder.largestUpdate = settings.largestTable(towards.decoder.limit)
    this.#absent.onSettings()
    if (settings.excessiveTableAt === -1) return FORWARD
    const lowered = new Uint8Array(parser.rawEnd - parser.rawStart)
    lowered.set(parser.raw.subarray(parser.rawStart, parser.rawEnd))
    new DataView(lowered.buffer).setUint32(start - parser.rawStart + settings.excessiveTableAt, HPACK_TABLE_BYTES)
    direction.replacePiece(lowered)
    return DROP
  }

  onPing(direction: Direction): Fate {
    const flood = direction.flood.onPing()
    if (flood !== undefined) return flood
    const { flags, raw, payloadStart, rawEnd } = direction.parser
    if ((flags & ACK) === 0) this.#absent.onPing(raw.subarray(payloadStart, rawEnd))
    return FORWARD
  }

  onPriority(direction: Direction): Fate {
    return direction.flood.onPriority() ?? FORWARD
  }

  /** RFC 7838 §4: an origin's; a client's means nothing, and passes as any extension does. */
  onAltSvc(direction: Direction): Fate {
    const flood = this.onExtension(direction)
    if (flood !== FORWARD || direction.side === CLIENT) return flood
    const { parser } = direction
    const { streamId, payloadStart, rawEnd } = parser
    const value = altSvcValue(streamId, parser.raw, payloadStart, rawEnd)
    if (value !== undefined) this.#connection.handler.onAltSvc?.(streamId, value, this.#stripsAltSvc)
    return this.#stripsAltSvc ? DROP : FORWARD
  }

  /** Types that are not known, ORIGIN among them (§5.5). */
  onExtension(direction: Direction): Fate {
    return direction.flood.onEmptyFrame() ?? FORWARD
  }

  /** §6.8: streams of the other side above the last id were not, and will not be, looked at. */
  onGoaway(direction: Direction): Fate {
    const connection = this.#connection
    const last = uint31(direction.parser.raw, direction.parser.payloadStart)
    direction.goawayLast = direction.goawayLast === -1 ? last : Math.min(direction.goawayLast, last)
    const parity = direction.side === ORIGIN ? 1 : 0
    for (const stream of connection.streams.values()) {
      if (stream.id > last && (stream.id & 1) === parity && !stream.answered) connection.endStream(stream, 'upstream_refused')
    }
    return FORWARD
  }

  /** Rapid reset (CVE-2023-44487) is a client's; an origin that resets a stream saves itself work. */
  #countReset(direction: Direction): Http2Violation | undefined {
    return direction.side === CLIENT ? direction.flood.onReset() : undefined
  }

  #judgeData(direction: Direction, stream: Http2Stream, dataLength: number, ends: boolean): Fate {
    const { side } = direction
    const misplaced = ON_DATA[stream.states[side]]
    if (misplaced !== undefined) return this.#refuseData(direction, stream, misplaced)
    const expected = stream.expected[side]
    const received = stream.received[side] + dataLength
    if (expected === -1 || (received <= expected && !(ends && received < expected))) return FORWARD
    if (!this.#headers.mayRelay(HTTP2_VIOLATIONS.http2_content_length))
      return this.#refuseData(direction, stream, HTTP2_VIOLATIONS.http2_content_length)
    this.#connection.handler.onViolation(stream.id, side, HTTP2_VIOLATIONS.http2_content_length)
    stream.expected[side] = -1
    return FORWARD
  }

  #refuseData(direction: Direction, stream: Http2Stream, violation: Http2Violation): Fate {
    const flood = this.#connection.refuseStream(direction.side, stream.id, violation)
    return flood ?? this.#swallow(direction, undefined, direction.parser.length)
  }

  /** Octets of ours are in the receiver's window, and this frame would exceed it: the sender could not know. */
  #mustWait(direction: Direction, length: number): boolean {
    return direction.debt > 0 && length > direction.window
  }

  /** DATA of a half that is edited ends here; what takes its place is inserted. */
  #alterData(direction: Direction, half: EditedHalf, length: number, ends: boolean): Fate {
    if (this.#connection.halves.isFull(direction.side)) return BLOCK
    half.stream.received[direction.side] += direction.parser.dataLength
    half.take(length)
    direction.dataStream = half.stream
    direction.dataHalf = half
    direction.dataEnds = ends
    return DROP
  }

  #forwardData(direction: Direction, stream: Http2Stream | undefined, length: number): Fate {
    const { side } = direction
    direction.window -= length
    this.#connection.directions[direction.receiver].flood.onPeerData(length)
    if (stream === undefined) return FORWARD
    stream.credit[side] -= length
    if (side === ORIGIN) this.#connection.noteWindow(stream)
    return FORWARD
  }

  /** DATA that ends here gives its credit back: of the connection, and of a stream that goes on. */
  #swallow(direction: Direction, stream: Http2Stream | undefined, length: number): Fate {
    if (length === 0) return DROP
    const back = this.#connection.directions[direction.receiver]
    back.insert(windowUpdateFrame(0, length))
    if (stream !== undefined && !direction.dataEnds) back.insert(windowUpdateFrame(stream.id, length))
    return DROP
  }

  #onConnectionCredit(direction: Direction, increment: number): Fate {
    const connection = this.#connection
    if (increment === 0) return HTTP2_VIOLATIONS.http2_window_zero
    const towards = connection.directions[direction.receiver]
    if (towards.window + increment > WINDOW_LIMIT) return HTTP2_VIOLATIONS.http2_window_overflow
    towards.window += increment
    const passed = towards.repay(increment)
    if (direction.side === CLIENT) this.#replies.onCredit()
    connection.halves.drain(towards.side)
    return passOn(direction, 0, increment, passed)
  }

  #onSettingsAck(direction: Direction): Fate {
    if (!this.#connection.acknowledge(direction)) return HTTP2_VIOLATIONS.http2_settings_ack
    if (direction.side === ORIGIN) this.#replies.onCredit()
    return FORWARD
  }
}

/** Of credit for stream `id`, `passed` goes on: the rest has repaid what the sender does not know of. */
function passOn(direction: Direction, id: number, increment: number, passed: number): Fate {
  if (passed === increment) return FORWARD
  if (passed > 0) direction.insert(windowUpdateFrame(id, passed))
  return DROP
}

function resetReason(side: number, code: number, isComplete: boolean): CloseReason {
  if (code === NO_ERROR && isComplete) return 'completed'
  if (side === CLIENT) return 'client_reset'
  return code === REFUSED_STREAM ? 'upstream_refused' : 'upstream_reset'
}
