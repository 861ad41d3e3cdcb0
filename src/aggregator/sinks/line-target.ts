/**
 * LineTarget: where the NDJSON sink writes: a file, or standard output. Aggregator thread.
 */

export interface LineTarget {
  /** Writes some of `buffers`, in order; resolves to how many octets, rejects with the system's error. One write at a time. */
  write(buffers: readonly Uint8Array[]): Promise<number>
  /** Whether after an error with this code no later write can succeed. */
  isEndedBy(code: string | undefined): boolean
  readonly rotationDue: boolean
  rotate(): Promise<void>
  /** Opens the path anew, because somebody else has renamed the file. */
  reopen(): Promise<void>
  close(): Promise<void>
  /** Instead of `close`, while a write is still under way. */
  abandon(): void
}
