/**
 * What a command of the CLI is, and what it gets to work with. Types only. Main thread.
 */

import type { CreateServedEngine } from '../engine/served-engine.ts'
import type { FlagSpecs } from './parse-arguments.ts'

export interface CommandContext {
  /** Loads the engine when a command needs it: help and checks start in a tenth of the time without. */
  readonly loadEngine: () => Promise<CreateServedEngine>
}

export interface Command {
  /** One line for the overview. */
  readonly summary: string
  /** Words beside the flags, e.g. `FILE`; all must be given. */
  readonly operands: readonly string[]
  readonly flags: FlagSpecs
  /** The whole help, where it is not made of `flags`: a command with commands of its own. */
  readonly help?: string
  /** `args`: what follows the command's name. Resolves to the exit code; a UserError thrown is printed as one line. */
  readonly run: (args: readonly string[], context: CommandContext) => Promise<number>
}
