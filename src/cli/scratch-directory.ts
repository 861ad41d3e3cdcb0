/**
 * ScratchDirectory: a directory below the system's for temporary files, for the length of one command: it goes with the command, also where
 * that is interrupted. Main thread.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atInterruption } from './interruption.ts'

export class ScratchDirectory {
  readonly path: string
  readonly #callOff: () => void

  /** `name`: what its name begins with. */
  constructor(name: string) {
    // Listened for first: a signal between the two would end the process by itself.
    this.#callOff = atInterruption(() => this.#delete())
    this.path = mkdtempSync(join(tmpdir(), `${name}-`))
  }

  remove(): void {
    this.#delete()
    this.#callOff()
  }

  #delete(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
