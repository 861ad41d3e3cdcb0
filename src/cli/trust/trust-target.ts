/**
 * TrustTarget: one store or program that can be told to trust the CA, and the steps that do it. Types, and the two steps that many share.
 *
 * A step is data: what is printed is what `--install` runs, word for word.
 */

import { shellWord } from '../text/shell-word.ts'
import type { Machine } from './machine.ts'
import type { TrustFiles } from './trust-files.ts'

export type TrustStep =
  /**
   * A command. `needsRoot`: it is run only by root, and printed with `sudo` to everybody else. `nothingToDo`: a part of what it
   * says where it fails because all is as it should be already.
   */
  | { readonly kind: 'run'; readonly command: readonly string[]; readonly needsRoot?: boolean; readonly nothingToDo?: string }
  /**
   * A setting of a program that replaces its roots. One that holds another value is an operator's own and stays: it is neither
   * overwritten by an installation nor removed by its opposite. `read` prints the value, or fails or prints `null` without one.
   */
  | {
      readonly kind: 'setting'
      readonly read: readonly string[]
      readonly write: readonly string[]
      readonly unset: readonly string[]
      readonly value: string
    }
  /** For a person, or another machine: shown, never run. */
  | { readonly kind: 'show'; readonly text: string }

export const TRUST_FAMILIES = {
  system: 'Operating systems',
  browser: 'Browsers',
  runtime: 'Languages and runtimes',
  tool: 'Tools',
  container: 'Containers',
  device: 'Phones and tablets',
} as const

export interface TrustTarget {
  /** What `--target` takes. */
  readonly id: string
  readonly title: string
  readonly family: keyof typeof TRUST_FAMILIES
  /** Whether this machine has it. */
  readonly detect: (machine: Machine) => boolean
  /** How it finds its roots, and what to know: for docs/trust.md and the output of `ca trust`. */
  readonly words: string
  /** A program that the steps need, and how to get it. */
  readonly needs?: { readonly program: string; readonly remedy: string }
  /** True where installing replaces roots or touches a program's own configuration: only done where `--target` names it. */
  readonly onlyWhenNamed?: true
  readonly install: (files: TrustFiles, machine: Machine) => readonly TrustStep[]
  readonly uninstall: (files: TrustFiles, machine: Machine) => readonly TrustStep[]
}

/** Asks for a shell's `export` line. */
export function exportLine(name: string, value: string): TrustStep {
  return { kind: 'show', text: `export ${name}=${shellWord(value)}` }
}

/** Undoes one. */
export function unsetLine(name: string): TrustStep {
  return { kind: 'show', text: `unset ${name}` }
}
