/**
 * FeedClient: one WebSocket of the live feed, as the stream of its sink. Aggregator thread.
 *
 * One event is one message (RFC 6455 §5.6). What the client sends is a change of its filter, or a mistake: closed with 1008.
 */

import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { EventFilter } from '../../shared/aggregator-protocol.ts'
import { FEED_CLOSE_MS } from '../../shared/limits/aggregator.ts'
import type { OutgoingEvent } from '../sinks/sink.ts'
import type { EventStream, WriteEnd } from '../sinks/stream-sink.ts'
import { parseFeedMessage } from './feed-request.ts'
import type { FeedFormat, FrameEncoder } from './frame-encoder.ts'

/** RFC 6455 §7.4.1. */
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008
/** A close frame's payload has 125 octets (§5.5), two of them the code. */
const REASON_CHARACTERS = 120

export class FeedClient implements EventStream {
  readonly #socket: WebSocket
  readonly #transport: Duplex
  readonly #encoder: FrameEncoder
  readonly #format: FeedFormat
  readonly #sendOptions: { readonly binary: boolean }
  #isAlive = true

  constructor(socket: WebSocket, transport: Duplex, format: FeedFormat, encoder: FrameEncoder) {
    this.#socket = socket
    this.#transport = transport
    this.#format = format
    this.#encoder = encoder
    this.#sendOptions = { binary: format === 'msgpack' }
    // Ends with 'close' in any case; without a listener it would end the thread as well.
    socket.on('error', () => undefined)
    socket.on('pong', () => {
      this.#isAlive = true
    })
  }

  onFilter(adopt: (filter: EventFilter) => void): void {
    this.#socket.on('message', (data, isBinary) => {
      const filter = isBinary ? 'send the filter as a text message' : parseFeedMessage(String(data))
      if (typeof filter === 'string') this.#socket.close(POLICY_VIOLATION, filter.replaceAll(/[^ -~]/g, '?').slice(0, REASON_CHARACTERS))
      else adopt(filter)
    })
  }

  send(event: OutgoingEvent, onWritten: WriteEnd): number {
    const frame = this.#encoder.encode(event, this.#format)
    this.#socket.send(frame, this.#sendOptions, onWritten)
    return frame.length
  }

  hold(): void {
    this.#transport.cork()
  }

  release(): void {
    this.#transport.uncork()
  }

  end(): Promise<void> {
    const socket = this.#socket
    if (socket.readyState === socket.CLOSED) return Promise.resolve()
    return new Promise((resolve) => {
      const deadline = setTimeout(() => socket.terminate(), FEED_CLOSE_MS)
      socket.once('close', () => {
        clearTimeout(deadline)
        resolve()
      })
      socket.close(GOING_AWAY, 'the engine closes')
    })
  }

  /** Pings; a client that has not answered the ping before is gone, or reads nothing any more. */
  ping(): void {
    if (this.#isAlive) this.#socket.ping()
    else this.#socket.terminate()
    this.#isAlive = false
  }
}
