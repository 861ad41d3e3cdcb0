/**
 * BodyMutator: what an exchange's body goes through where a fault alters it: octets of the body in, what is to be sent in their
 * place out. Pure, as layers are: waits are asked for, not waited. Types only. Worker thread.
 *
 *     layer ──octets of the body──▶ BodyEdit ──write, delay, end, cut──▶ BodySink (the layer: framing, windows, time)
 *                                      └ a chain of BodyMutators, whose MutationSink tells of what was done besides
 */

/** What is to be sent in the place of a body, in order. After `end` or `cut` nothing more is taken. */
export interface BodySink {
  /** Octets to send; may be views of `bytes`. */
  write(bytes: Uint8Array): void
  /** Octets that go out as they are, past the transfer coding of HTTP/1.1: how a broken chunk is made. HTTP/2 has no such thing: dropped. */
  writeRaw(bytes: Uint8Array): void
  /** What is written from now on waits `ms` behind what was written before. */
  delay(ms: number): void
  /** Like `delay(ms)`, while `filler` is sent every `everyMs` (an SSE comment, for instance). */
  fill(ms: number, everyMs: number, filler: Uint8Array): void
  /**
   * Ends the body cleanly here. What its sender still sends is dropped: credit is given back in HTTP/2; in HTTP/1.1 the
   * connection is closed if the rest is too long to be drained. `trailers`: field lines, each with its CRLF; where the framing
   * has no place for them they are left out.
   */
  end(trailers?: Uint8Array): void
  /** Cuts here. HTTP/1.1 closes the client's connection: `fin` without the rest, `reset` by RST. HTTP/2 resets the stream with `code`. */
  cut(how: 'fin' | 'reset', code?: number): void
}

export interface MutationSink extends BodySink {
  /** Something was done: told as `fault_injected`. */
  injected(position: number, unit: 'bytes' | 'event' | 'message' | 'chunk', applied: unknown): void
}

/** Octets of one body (transfer coding removed, content coding as it came), and what is to be sent in their place. */
export interface BodyMutator {
  /** As many octets are written as come: the body keeps its Content-Length, which is not left out then. */
  readonly keepsLength?: boolean
  execute(bytes: Uint8Array, out: MutationSink): void
  /** The body has ended; its trailers, if any, follow. */
  finish(out: MutationSink): void
}

/** What a handler answers where a body is to be altered, or its head delayed. */
export interface BodyEdit {
  /** See BodyMutator. */
  readonly keepsLength: boolean
  /** The head waits so long before it is forwarded, ms; with no body, that is all. */
  readonly headDelayMs: number
  execute(bytes: Uint8Array, out: BodySink): void
  finish(out: BodySink): void
}
