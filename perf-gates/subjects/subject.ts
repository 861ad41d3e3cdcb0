/**
 * Subject: work in batches, for the gates over single files.
 */

export interface Subject {
  /** Does a batch of some milliseconds at most; answers how many operations that was. */
  run(): number
  /** What must happen between batches and does not count. */
  settle?(): Promise<void>
}

export type MakeSubject = () => Subject | Promise<Subject>
