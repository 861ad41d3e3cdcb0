/**
 * HeaderRelay: header blocks (HEADERS, PUSH_PROMISE), from the block to its fate: decoded, placed in the life of its stream,
 * judged, put to the handler, and then forwarded, encoded anew, replaced or withheld. Worker thread. RFC 9113 §8.
 */

import { CLIENT, ORIGIN } from '../../../shared/side.ts'
import { CANCEL, HTTP2_VIOLATIONS, type Http2Violation, PROTOCOL_ERROR } from '../../../shared/violations/http2.ts'
import { withoutLength } from '../http/edited-head.ts'
import type { HeadVerdict } from '../http/http-handler.ts'
import type { MessageHead } from '../http/message-head.ts'
import type { AbsentOrigin } from './absent-origin.ts'
import { AlteredHalf } from './altered-half.ts'
import type { Connection } from './connection.ts'
import type { Direction } from './direction.ts'
import { BLOCK, DROP, type Fate, FORWARD } from './fate.ts'
import { END_STREAM } from './frames/frame-types.ts'
import { rstStreamFrame } from './frames/synthesis.ts'
import { insertHead, insertRequest, insertResponse, insertSame } from './head/block-writer.ts'
import { PROTOCOL } from './head/field-name.ts'
import { isConnect, isHead, judgeRequest, judgeResponse, judgeTrailers } from './head/head-rules.ts'
import type { HeaderList } from './head/header-list.ts'
import type { HeadKind, PendingHead } from './head/pending-head.ts'
import { Http2Stream } from './http2-stream.ts'
import type { Replies } from './replies.ts'
import { BODY, ENDED, HEAD, ON_PUSH, ON_TRAILERS } from './stream-states.ts'

/** The head waits, and its half with it: the message is read on. */
const HELD = 'held'

const TOO_LARGE = Buffer.from('HTTP/1.1 431 Request Header Fields Too Large\r\n\r\n')

export class HeaderRelay {
  readonly #connection: Connection
  readonly #replies: Replies
  readonly #absent: AbsentOrigin
  readonly #strict: boolean

  constructor(connection: Connection, replies: Replies, absent: AbsentOrigin, strict: boolean) {
    this.#connection = connection
    this.#replies = replies
    this.#absent = absent
    this.#strict = strict
  }

  onHeaders(direction: Direction): Fate {
    const connection = this.#connection
    const { parser, side } = direction
    const { list } = connection
    const violation = this.#decode(direction)
    if (violation !== undefined) return violation
    const id = parser.streamId
    const ends = (parser.flags & END_STREAM) !== 0
    if (direction.buried.has(id)) {
      if (side === CLIENT && ends) connection.unfinished.forget(id)
      return withhold(direction)
    }
    const stream = connection.streams.get(id)
    if (stream !== undefined) return this.#onStream(direction, stream, list, ends)
    if (!connection.isIdle(id)) return connection.altered ? withhold(direction) : pass(direction, list)
    if (side === ORIGIN) return HTTP2_VIOLATIONS.http2_stream_idle
    // §5.1.1: "Streams initiated by a client MUST use odd-numbered stream identifiers".
    return (id & 1) === 1 ? this.#onRequest(direction, id, list, ends) : HTTP2_VIOLATIONS.http2_stream_id
  }

  onPushPromise(direction: Direction): Fate {
    const connection = this.#connection
    const { parser } = direction
    const { list } = connection
    if (direction.side === CLIENT) return HTTP2_VIOLATIONS.http2_push_by_client
    if (!connection.pushAllowed) return HTTP2_VIOLATIONS.http2_push_disabled
    const violation = this.#decode(direction)
    if (violation !== undefined) return violation
    const promised = parser.promisedId
    if ((promised & 1) === 1 || !connection.isIdle(promised)) return HTTP2_VIOLATIONS.http2_stream_id
    if (connection.isIdle(parser.streamId)) return HTTP2_VIOLATIONS.http2_stream_idle
    connection.lastIds[ORIGIN] = promised
    const parent = connection.streams.get(parser.streamId)
    if (direction.buried.has(parser.streamId)) return this.#refusePush(direction, promised)
    const misplaced = parent === undefined ? undefined : ON_PUSH[parent.states[ORIGIN]]
    if (misplaced !== undefined) return misplaced
    const malformed = list.overflow ? HTTP2_VIOLATIONS.http2_header_list_too_large : judgeRequest(list, false, true)
    if (malformed !== undefined) {
      connection.handler.onViolation(promised, ORIGIN, malformed)
      return this.#refusePush(direction, promised)
    }
    const stream = connection.openStream(promised, ENDED, HEAD)
    if (!(stream instanceof Http2Stream)) return stream
    stream.isHead = isHead(list.head)
    return this.settle(direction, this.#pend('push', stream, list))
  }

  #decode({ decoder, parser, receiver }: Direction): Http2Violation | undefined {
    const { list, directions } = this.#connection
    list.allowsBinaryMetadata = directions[receiver].settings.binaryMetadata
    return decoder.decode(parser.block, parser.blockStart, parser.blockEnd, list)
  }

  /** Puts a judged head to the handler and carries out its verdict; called again after a `wait`. */
  settle(direction: Direction, pending: PendingHead): Fate {
    const connection = this.#connection
    const { kind, stream, list } = pending
    if (connection.streams.get(stream.id) !== stream) return pass(direction, list)
    const verdict = this.#ask(pending)
    if (verdict?.kind === 'wait') {
      if (direction.pending === undefined) connection.replaceList()
      direction.pending = pending
      return BLOCK
    }
    if (verdict?.kind === 'goaway') {
      connection.leave(verdict.code, verdict.reason)
      if (connection.closed) return DROP
    }
    const end =
      verdict?.kind === 'respond' || verdict?.kind === 'reset' ? verdict : kind === 'request' ? this.#absent.verdict(stream) : undefined
    const replaced = verdict?.kind === 'replace' || verdict?.kind === 'goaway' ? verdict.head : undefined
    const fate = end === undefined ? this.#goOn(direction, pending, replaced) : this.#end(direction, pending, end)
    if (fate === HELD) return this.#afterHeldHead(direction, pending)
    if (kind === 'request-trailers' && stream.answered) connection.endHalf(CLIENT, stream)
    if (stream.answered || connection.streams.get(stream.id) !== stream) return fate
    if (kind === 'response') this.#afterResponseHead(stream, pending.head)
    if (kind === 'push') connection.handler.onRequestEnd(stream.id)
    else if ((direction.parser.flags & END_STREAM) !== 0) connection.endHalf(direction.side, stream)
    const last = connection.directions[ORIGIN].goawayLast
    if (kind === 'request' && last !== -1 && stream.id > last) connection.endStream(stream, 'upstream_refused')
    return fate
  }

  /** With `strict` off, malformed messages are reported and relayed; what breaks a stream's life, or a limit, never is. */
  mayRelay(violation: Http2Violation): boolean {
    return !this.#strict && violation.errorCode === PROTOCOL_ERROR
  }

  /** The block in hand broke a rule of messages: both sides lose the stream, or it is relayed unread. */
  #refuseBlock(direction: Direction, id: number, violation: Http2Violation): Fate {
    const connection = this.#connection
    if (this.mayRelay(violation)) {
      connection.handler.onViolation(id, direction.side, violation)
      const stream = connection.streams.get(id)
      if (stream !== undefined) connection.endStream(stream, 'protocol_violation')
      return pass(direction, connection.list)
    }
    direction.takeOver()
    return connection.refuseStream(direction.side, id, violation) ?? DROP
  }

  #onRequest(direction: Direction, id: number, list: HeaderList, ends: boolean): Fate {
    const connection = this.#connection
    connection.lastIds[CLIENT] = id
    if (connection.leavingAfter !== -1) {
      connection.bury(CLIENT, id)
      return withhold(direction)
    }
    direction.flood.onStream()
    const violation = judgeRequest(list, connection.directions[ORIGIN].settings.connectProtocol, ends)
    if (violation !== undefined && !list.overflow) return this.#refuseBlock(direction, id, violation)
    const stream = connection.openStream(id, BODY, HEAD)
    if (!(stream instanceof Http2Stream)) return stream
    if (list.overflow) return this.#tooLarge(direction, stream, ends)
    stream.form = connection.formOf(list.head)
    stream.isHead = isHead(list.head)
    stream.isConnect = isConnect(list.head)
    if (list.has(PROTOCOL)) {
      const protocol = list.bytes.subarray(list.pseudoStart[PROTOCOL], list.pseudoEnd[PROTOCOL])
      stream.protocol = Buffer.from(protocol).toString('latin1').toLowerCase()
    }
    list.head.protocol = stream.protocol
    if (!stream.isConnect) stream.expected[CLIENT] = list.contentLength
    if (ends && stream.expected[CLIENT] > 0) {
      connection.streams.delete(id)
      return this.#refuseBlock(direction, id, HTTP2_VIOLATIONS.http2_content_length)
    }
    return this.settle(direction, this.#pend('request', stream, list))
  }

  /** RFC 6585 §5: the client learns why; the block has been read for the sake of the table. */
  #tooLarge(direction: Direction, stream: Http2Stream, ends: boolean): Fate {
    this.#connection.handler.onViolation(stream.id, CLIENT, HTTP2_VIOLATIONS.http2_header_list_too_large)
    if (ends) stream.states[CLIENT] = ENDED
    this.#replies.answer(stream, TOO_LARGE, 'limit_exceeded')
    return withhold(direction)
  }

  #onStream(direction: Direction, stream: Http2Stream, list: HeaderList, ends: boolean): Fate {
    const connection = this.#connection
    const { side } = direction
    if (list.overflow) return this.#refuseBlock(direction, stream.id, HTTP2_VIOLATIONS.http2_header_list_too_large)
    if (side === ORIGIN && stream.states[ORIGIN] === HEAD) return this.#onResponse(direction, stream, list, ends)
    const misplaced = ON_TRAILERS[stream.states[side]]
    if (misplaced !== undefined) return this.#refuseBlock(direction, stream.id, misplaced)
    const expected = stream.expected[side]
    const isShort = expected !== -1 && stream.received[side] !== expected
    const violation = judgeTrailers(list, ends) ?? (isShort ? HTTP2_VIOLATIONS.http2_content_length : undefined)
    if (violation !== undefined) return this.#refuseBlock(direction, stream.id, violation)
    const pending = this.#pend(side === CLIENT ? 'request-trailers' : 'response-trailers', stream, list)
    const half = stream.altered[side]
    if (half === undefined || stream.answered) return this.settle(direction, pending)
    // They go behind what of the body still waits, and then by our tables.
    direction.takeOver()
    connection.replaceList()
    half.finish(pending)
    return DROP
  }

  #onResponse(direction: Direction, stream: Http2Stream, list: HeaderList, ends: boolean): Fate {
    const connection = this.#connection
    const violation = judgeResponse(list, ends)
    if (violation !== undefined) return this.#refuseBlock(direction, stream.id, violation)
    const { status } = list.head
    if (status < 200) return this.settle(direction, this.#pend('informational', stream, list))
    // RFC 9110 §6.4.1: responses to HEAD, 204 and 304 have no content; Content-Length tells of what a GET would have had (§8.6).
    if (stream.isHead || status === 204 || status === 304) stream.expected[ORIGIN] = 0
    else if (!stream.isConnect) stream.expected[ORIGIN] = list.contentLength
    if (ends && stream.expected[ORIGIN] > 0) return this.#refuseBlock(direction, stream.id, HTTP2_VIOLATIONS.http2_content_length)
    stream.states[ORIGIN] = BODY
    connection.isAnswered = true
    return this.settle(direction, this.#pend('response', stream, list))
  }

  #pend(kind: HeadKind, stream: Http2Stream, list: HeaderList): PendingHead {
    const head = list.cookies > 1 ? this.#connection.joiner.join(list) : list.head
    return { kind, stream, list, head }
  }

  #ask({ kind, stream, head }: PendingHead): HeadVerdict {
    const { handler } = this.#connection
    const { id } = stream
    switch (kind) {
      case 'request':
      case 'push':
        stream.open = true
        return handler.onRequestHead(id, head)
      case 'informational':
        handler.onInformational(id, head)
        return undefined
      case 'response':
        return handler.onResponseHead(id, head)
      case 'request-trailers':
        handler.onRequestTrailers(id, head.fields)
        return undefined
      case 'response-trailers':
        handler.onResponseTrailers(id, head.fields)
        return undefined
    }
  }

  /**
   * Asks how the body behind a head that goes on is edited; undefined: it is not, or the head goes on as it would. A head that
   * waits, or whose Content-Length would not be true any more, is withheld, and HELD or DROP is what becomes of it.
   */
  #alter(direction: Direction, pending: PendingHead, replaced: Uint8Array | undefined): Fate | typeof HELD | undefined {
    const connection = this.#connection
    const { kind, stream, head } = pending
    if (kind !== 'request' && kind !== 'response') return undefined
    const edit = connection.handler.bodyEditFor?.(stream.id, direction.side, head)
    if (edit === undefined) return undefined
    const ends = (direction.parser.flags & END_STREAM) !== 0
    const half = new AlteredHalf(connection, stream, direction.side, edit)
    const plain = ends || edit.keepsLength ? replaced : withoutLength(head, replaced)
    if (!ends || edit.headDelayMs > 0) connection.halves.add(half)
    if (edit.headDelayMs > 0) {
      direction.takeOver()
      if (direction.pending === undefined) connection.replaceList()
      half.holdHead(pending, plain, ends, edit.headDelayMs)
      return HELD
    }
    if (plain === undefined) return undefined
    direction.takeOver()
    insertHead(direction, pending, plain, ends ? END_STREAM : 0)
    return DROP
  }

  /** The rest of the message is read as if its head had gone. */
  #afterHeldHead(direction: Direction, { kind, stream, head }: PendingHead): Fate {
    if ((direction.parser.flags & END_STREAM) !== 0) stream.states[direction.side] = ENDED
    if (kind === 'response') this.#afterResponseHead(stream, head)
    return DROP
  }

  /** The head goes on, as it came or as `replaced`; HELD: later. Trailers of a request that we answer end here. */
  #goOn(direction: Direction, pending: PendingHead, replaced: Uint8Array | undefined): Fate | typeof HELD {
    if (pending.stream.answered) return withhold(direction)
    const altered = this.#alter(direction, pending, replaced)
    if (altered !== undefined) return altered
    if (replaced === undefined) return pass(direction, pending.list)
    direction.takeOver()
    if (pending.kind === 'response') insertResponse(direction, replaced)
    else insertRequest(direction, pending.list, replaced)
    return DROP
  }

  /** The message ends here: with an answer of ours, or with none. */
  #end(direction: Direction, { kind, stream }: PendingHead, verdict: Extract<HeadVerdict, { kind: 'respond' | 'reset' }>): Fate {
    direction.takeOver()
    if (verdict.kind === 'reset') {
      this.#connection.resetStream(stream, verdict.code, kind === 'request' ? undefined : CANCEL, verdict.reason)
      return DROP
    }
    if (kind === 'push') {
      this.#connection.endStream(stream, verdict.reason)
      return this.#refusePush(direction, stream.id)
    }
    if ((direction.parser.flags & END_STREAM) !== 0) {
      stream.states[direction.side] = ENDED
      if (kind === 'request') this.#connection.handler.onRequestEnd(stream.id)
    }
    this.#replies.answer(stream, verdict.response, verdict.reason, verdict.delayMs)
    return DROP
  }

  /** CONNECT was accepted (§8.5, RFC 8441 §5): DATA is octets of another protocol from here on. */
  #afterResponseHead(stream: Http2Stream, head: MessageHead): void {
    if (!stream.isConnect || head.status >= 300) return
    stream.upgraded = true
    this.#connection.handler.onUpgrade(stream.id, stream.protocol)
    for (const side of [CLIENT, ORIGIN] as const) {
      const edit = this.#connection.handler.switchedEditFor?.(stream.id, side)
      if (edit !== undefined && stream.altered[side] === undefined)
        this.#connection.halves.add(new AlteredHalf(this.#connection, stream, side, edit))
    }
  }

  /** The client never hears of the promise; the origin is told that it does not want it. */
  #refusePush(direction: Direction, promised: number): Fate {
    this.#connection.directions[CLIENT].insert(rstStreamFrame(promised, CANCEL))
    this.#connection.bury(ORIGIN, promised)
    return withhold(direction)
  }
}

/** Forwards the block in hand: as it came, or encoded anew where the receiver's table is ours. */
function pass(direction: Direction, list: HeaderList): Fate {
  if (direction.encoder === undefined) return FORWARD
  insertSame(direction, list)
  return DROP
}

function withhold(direction: Direction): Fate {
  direction.takeOver()
  return DROP
}
