/**
 * MessageBuffer: gathers one handshake message that came in pieces. The caller bounds it, before it appends. Worker thread.
 *
 * Room grows with what has come, so that a peer that only promises 16 KiB does not get them.
 */

const EMPTY = new Uint8Array(0)

export class MessageBuffer {
  bytes: Uint8Array = EMPTY
  length = 0

  append(source: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start
    if (needed > this.bytes.length) {
      const roomier = new Uint8Array(Math.max(needed, this.bytes.length * 2))
      roomier.set(this.bytes.subarray(0, this.length))
      this.bytes = roomier
    }
    this.bytes.set(source.subarray(start, end), this.length)
    this.length = needed
  }

  /** Forgets the message and its memory: a connection needs it for its first kilobytes only. */
  release(): void {
    this.bytes = EMPTY
    this.length = 0
  }
}
