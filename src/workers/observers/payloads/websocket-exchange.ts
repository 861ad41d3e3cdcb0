/**
 * WebSocketExchange: the exchange that has become a WebSocket connection, as ring records: frames, turns, its end. The octets
 * are those of an HTTP/1.1 connection (`layer` succeeds the HTTP layer) or of an HTTP/2 stream (RFC 8441: `layer` observes it).
 * Worker thread.
 */

import { utf8Cut } from '../../../shared/bytes/utf8-cut.ts'
import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import { WEBSOCKET_OPCODES } from '../../../shared/events/payload-events.ts'
import { PROTOCOLS } from '../../../shared/events/protocols.ts'
import type { FrameBlock } from '../../../shared/events/record/event-input.ts'
import { CLIENT, ORIGIN, SIDE_NAMES, type Side } from '../../../shared/side.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import { parseExtensions } from '../../layers/websocket/extensions.ts'
import { OPCODE } from '../../layers/websocket/opcodes.ts'
import { type Turn, TurnAggregator, type TurnEnd, type TurnHandler } from '../../layers/websocket/turn-aggregator.ts'
import type { WebSocketHandler } from '../../layers/websocket/websocket-handler.ts'
import { WebSocketLayer } from '../../layers/websocket/websocket-layer.ts'
import type { WebSocketMessage } from '../../layers/websocket/websocket-message.ts'
import type { Observation } from '../observation.ts'

export interface WebSocketOwner {
  onViolation(violation: Violation): void
  /** The terminal event of the connection has been written. */
  onEnd(reason: CloseReason): void
}

const PROTOCOL = PROTOCOLS.indexOf('ws')
const RESERVED = WEBSOCKET_OPCODES.indexOf('reserved')
/** Places in WEBSOCKET_OPCODES: 0–2 and 8–10, the others are reserved. */
const OPCODE_INDEX = Uint8Array.from({ length: 16 }, (_, opcode) => {
  if (opcode <= OPCODE.binary) return opcode
  return opcode >= OPCODE.close && opcode <= OPCODE.pong ? opcode - OPCODE.close + OPCODE.binary + 1 : RESERVED
})

/** A frame that waits for what only its end tells. Reused, one per side. */
class FrameRecord implements FrameBlock {
  side: number
  opcode = 0
  fin = false
  compressed = false
  size = 0
  messageIndex = -1
  messageSize = -1
  text: Uint8Array | undefined = undefined
  data: Uint8Array | undefined = undefined
  code = -1
  reason: Uint8Array | undefined = undefined
  held = false

  constructor(side: Side) {
    this.side = side
  }
}

export class WebSocketExchange implements WebSocketHandler, TurnHandler {
  readonly layer: WebSocketLayer
  readonly #observation: Observation
  readonly #exchange: number
  readonly #owner: WebSocketOwner
  readonly #turns = new TurnAggregator(this)
  readonly #frames: readonly [FrameRecord, FrameRecord] = [new FrameRecord(CLIENT), new FrameRecord(ORIGIN)]
  readonly #openedAt: number
  /** Payload octets and data messages by side. */
  readonly bytes: [number, number] = [0, 0]
  readonly #messages: [number, number] = [0, 0]
  readonly #failures: [string, string] = ['', '']
  #turnCount = 0
  #violation: Violation | undefined = undefined
  #closedBy: Side | undefined = undefined
  #code = -1
  #reason = ''

  /** `extensions` and `subprotocol`: Sec-WebSocket-Extensions and Sec-WebSocket-Protocol of the response. */
  constructor(
    observation: Observation,
    exchange: number,
    extensions: string | undefined,
    subprotocol: string | undefined,
    owner: WebSocketOwner,
  ) {
    const parsed = parseExtensions(extensions)
    this.#observation = observation
    this.#exchange = exchange
    this.#owner = owner
    this.#openedAt = observation.session.now
    this.layer = new WebSocketLayer(this, { extensions: parsed, captureBytes: observation.options.captureBodyBytes })
    const values = { subprotocol, extensions, compressed: parsed.deflate !== undefined }
    observation.events.emit('websocket_opened', observation.session.flow, values, this.#openedAt, exchange, PROTOCOL)
  }

  /** Completes a turn in which nothing was said for `idleMs`. */
  flushIdle(now: number, idleMs: number): void {
    this.#turns.flushIdle(now, idleMs)
  }

  onFrame(side: Side, opcode: number, fin: boolean, rsv1: boolean, size: number): void {
    const frame = this.#frames[side]
    frame.opcode = OPCODE_INDEX[opcode] as number
    frame.fin = fin
    frame.compressed = rsv1
    frame.size = size
    this.bytes[side] += size
    // The last frame of a data message and a close frame are told with what they carry, when that is read.
    frame.held = opcode === OPCODE.close || (fin && opcode < OPCODE.close)
    if (!frame.held) this.#tell(frame)
  }

  onMessage(side: Side, message: WebSocketMessage): void {
    const frame = this.#frames[side]
    this.#messages[side]++
    frame.messageIndex = message.index
    frame.messageSize = message.size
    if (this.#observation.options.captureBodyBytes > 0 && message.failure === '' && message.size !== -1) {
      if (message.opcode === OPCODE.text) frame.text = message.bytes.subarray(0, shownText(message))
      else frame.data = message.bytes.subarray(0, message.length)
    }
    this.#tell(frame)
    if (message.failure !== this.#failures[side]) this.#inflateFailed(side, message)
    // As sent, so that turns do not depend on what is captured.
    this.#turns.message(side, message.wireSize, this.#observation.session.now)
  }

  onClose(side: Side, code: number, reason: Uint8Array): void {
    const frame = this.#frames[side]
    frame.code = code
    frame.reason = reason.length === 0 ? undefined : reason
    this.#tell(frame)
    if (this.#closedBy !== undefined) return
    this.#closedBy = side
    this.#code = code
    this.#reason = Buffer.from(reason).toString('utf8')
    this.#turns.close(this.#observation.session.now)
  }

  onViolation(side: Side, violation: Violation): void {
    this.#violation ??= violation
    this.#tellHeld(side)
    this.#turns.lose(this.#observation.session.now)
    this.#owner.onViolation(violation)
  }

  onEnd(reason: CloseReason): void {
    const { events, session } = this.#observation
    const endedAt = session.now
    this.#tellHeld(CLIENT)
    this.#tellHeld(ORIGIN)
    this.#turns.close(endedAt)
    const closedBy = this.#closedBy
    const values = {
      close_reason: reason,
      code: closedBy === undefined ? undefined : this.#code,
      reason: this.#reason === '' ? undefined : this.#reason,
      closed_by: closedBy === undefined ? undefined : SIDE_NAMES[closedBy],
      violation: this.#violation?.code,
      messages_client: this.#messages[CLIENT],
      messages_origin: this.#messages[ORIGIN],
      bytes_client: this.bytes[CLIENT],
      bytes_origin: this.bytes[ORIGIN],
      turns: this.#turnCount,
      duration_ms: endedAt - this.#openedAt,
    }
    events.emit('websocket_closed', session.flow, values, endedAt, this.#exchange, PROTOCOL)
    this.#owner.onEnd(reason)
  }

  onTurnStarted(turn: Turn): void {
    this.#turnCount++
    const { events, session } = this.#observation
    const values = { turn_id: turn.id, initiator: SIDE_NAMES[turn.initiator], first_sequence: turn.firstSequence }
    events.emit('ws_turn_started', session.flow, values, turn.startedAt, this.#exchange, PROTOCOL)
  }

  /** Told at the time of the last octets, as all events are: what comes next must not seem earlier. */
  onTurnCompleted(turn: Turn, reason: TurnEnd): void {
    const { events, session } = this.#observation
    const values = {
      turn_id: turn.id,
      initiator: SIDE_NAMES[turn.initiator],
      reason,
      messages_client: turn.messages[CLIENT],
      messages_origin: turn.messages[ORIGIN],
      bytes_client: turn.bytes[CLIENT],
      bytes_origin: turn.bytes[ORIGIN],
      first_sequence: turn.firstSequence,
      last_sequence: turn.lastSequence,
      answer_ms: turn.answeredAt === -1 ? undefined : turn.answeredAt - turn.startedAt,
      duration_ms: turn.lastAt - turn.startedAt,
    }
    events.emit('ws_turn_completed', session.flow, values, session.now, this.#exchange, PROTOCOL)
  }

  /** A frame that was cut off. */
  #tellHeld(side: Side): void {
    if (this.#frames[side].held) this.#tell(this.#frames[side])
  }

  #tell(frame: FrameRecord): void {
    const { events, session } = this.#observation
    events.websocketFrame(session.flow, this.#exchange, frame, session.now, PROTOCOL)
    frame.held = false
    frame.messageIndex = frame.messageSize = frame.code = -1
    frame.text = frame.data = frame.reason = undefined
  }

  /** Told once: what builds on a message that was lost is lost as well, message by message. */
  #inflateFailed(side: Side, message: WebSocketMessage): void {
    this.#failures[side] = message.failure
    if (message.failure === '') return
    const { events, session } = this.#observation
    const detail = `message ${message.index} could not be inflated`
    const values = { side: SIDE_NAMES[side], layer: 'websocket_deflate', reason: message.failure, detail } as const
    events.emit('decode_failed', session.flow, values, session.now, this.#exchange, PROTOCOL)
  }
}

/** Octets of a text to show: where it is cut, no half of a character. */
function shownText(message: WebSocketMessage): number {
  return message.truncated ? utf8Cut(message.bytes, 0, message.length) : message.length
}
