/**
 * Questions: what the admin server or the sidecar asks of the main thread, until it is answered. Aggregator thread.
 *
 * The main thread answers at its next turn; one that is busy, or that knows no answer, must not hold requests for ever.
 */

import { QUESTION_TIMEOUT_MS } from '../shared/limits/aggregator.ts'

interface Waiting<Answer> {
  readonly resolve: (answer: Answer | undefined) => void
  readonly deadline: NodeJS.Timeout
}

export class Questions<Question, Answer> {
  readonly #send: (request: number, question: Question) => void
  readonly #timeoutMs: number
  readonly #waiting = new Map<number, Waiting<Answer>>()
  #numbers = 0

  constructor(send: (request: number, question: Question) => void, timeoutMs = QUESTION_TIMEOUT_MS) {
    this.#send = send
    this.#timeoutMs = timeoutMs
  }

  /** Resolves to the answer, or to undefined where none came in time. */
  ask(question: Question): Promise<Answer | undefined> {
    const request = ++this.#numbers
    return new Promise((resolve) => {
      const deadline = setTimeout(() => this.answer(request, undefined), this.#timeoutMs)
      this.#waiting.set(request, { resolve, deadline })
      this.#send(request, question)
    })
  }

  answer(request: number, answer: Answer | undefined): void {
    const waiting = this.#waiting.get(request)
    if (waiting === undefined) return
    this.#waiting.delete(request)
    clearTimeout(waiting.deadline)
    waiting.resolve(answer)
  }

  /** Nobody answers any more. */
  end(): void {
    for (const request of [...this.#waiting.keys()]) this.answer(request, undefined)
  }
}
