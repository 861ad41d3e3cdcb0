/**
 * LineTarget: where the NDJSON sink writes: a file, or standard output. Aggregator thread.
 */

export interface LineTarget {
  /** Writes some of `bytes`; resolves to how many, rejects with the system's error. One write at a time. */
  write(bytes: Uint8Array): Promise<number>
  readonly rotationDue: boolean
  rotate(): Promise<void>
  /** Opens the path anew, because somebody else has renamed the file. */
  reopen(): Promise<void>
  close(): Promise<void>
  /** Instead of `close`, while a write is still under way. */
  abandon(): void
}
