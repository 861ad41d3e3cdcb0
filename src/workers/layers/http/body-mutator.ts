/**
 * BodyMutator: what an exchange's body goes through where a fault alters it: octets of the body in, what is to be sent in their
 * place out. Pure, as layers are: waits are asked for, not waited. Types only. Worker thread.
 */

/** Octets of one body (transfer coding removed, content coding as it came), and what is to be sent in their place. */
export interface BodyMutator {
  execute(bytes: Uint8Array, out: MutationSink): void
  /** The body has ended; its trailers, if any, follow. */
  finish(out: MutationSink): void
}

export interface MutationSink {
  /** Octets to send; may be views of `bytes`. */
  write(bytes: Uint8Array): void
  /** What is written from now on waits `ms` behind what was written before. */
  delay(ms: number): void
  /** Like `delay(ms)`, while `filler` is sent every `everyMs` (an SSE comment, for instance). */
  fill(ms: number, everyMs: number, filler: Uint8Array): void
  /**
   * Ends the body cleanly here. What the origin still sends is dropped: credit is given back in HTTP/2; in HTTP/1.1 the
   * connection to the origin is not used again if it cannot be drained.
   */
  end(trailers?: Uint8Array): void
  /** Cuts here. HTTP/1.1 closes the client's connection: `fin` without the rest, `reset` by RST. HTTP/2 resets the stream with `code`. */
  cut(how: 'fin' | 'reset', code?: number): void
  /** Something was done: told as `fault_injected`. */
  injected(position: number, unit: 'bytes' | 'event' | 'message' | 'chunk', applied: unknown): void
}
