/**
 * AnswerTurns: requests that come on a connection without waiting for answers (RFC 9112 §9.3.2) are answered one after another. Aggregator
 * thread.
 *
 * `node:http` gives out all requests that have come, and keeps the answers in memory until those before them have left: a page of 26 KB
 * asked for a thousand times at once, by a client that reads nothing, would be made a thousand times. Here an answer is made when
 * the one before it has left.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ADMIN_REQUESTS_WAITING } from '../../shared/limits/aggregator.ts'

interface Line {
  waiting: number
  /** Settled when the last answer so far has left. */
  last: Promise<void>
}

export class AnswerTurns {
  readonly #answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly #lines = new WeakMap<Socket, Line>()

  /** `answer`: ends the response. Must not reject. */
  constructor(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
    this.#answer = answer
  }

  /** Answers when it is the request's turn. Whoever has too many waiting is disconnected. */
  take(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const line = this.#lineOf(socket)
    if (line.waiting >= ADMIN_REQUESTS_WAITING) {
      socket.destroy()
      return
    }
    line.waiting++
    line.last = line.last.then(() => this.#serve(request, response, line))
  }

  async #serve(request: IncomingMessage, response: ServerResponse, line: Line): Promise<void> {
    line.waiting--
    if (request.socket.destroyed) return
    const left = new Promise<void>((resolve) => response.once('close', resolve))
    await this.#answer(request, response)
    await left
  }

  #lineOf(socket: Socket): Line {
    const known = this.#lines.get(socket)
    if (known !== undefined) return known
    const line = { waiting: 0, last: Promise.resolve() }
    this.#lines.set(socket, line)
    return line
  }
}
