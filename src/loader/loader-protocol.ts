/**
 * What the main thread and the loader's thread say to one another. Plain data; types, and errors that cross over. No thread of its own.
 */

import { stackOf, UserError } from '../shared/errors.ts'
import { ConfigError, type ConfigProblem } from '../shared/options/problems/config-error.ts'
import type { Configuration } from './configuration.ts'

/** A configuration file, and what is laid over it. */
export interface ConfigurationFile {
  readonly file: string
  /** Keys in snake_case, in the place of the file's; absent: none. */
  readonly overrides?: Readonly<Record<string, unknown>>
  /** Rules in front of the file's. */
  readonly firstRules?: readonly unknown[]
}

export type LoadRequest =
  /** Read over there. */
  | { readonly kind: 'file'; readonly source: ConfigurationFile }
  /** Options without their rules, which follow in slices. */
  | { readonly kind: 'options'; readonly options: unknown }
  | { readonly kind: 'rules'; readonly rules: readonly unknown[] }
  | { readonly kind: 'end' }

export type LoadAnswer = { readonly kind: 'loaded'; readonly configuration: Configuration } | LoadFailure

type LoadFailure =
  | { readonly kind: 'refused'; readonly problems: readonly [ConfigProblem, ...ConfigProblem[]]; readonly file: string | undefined }
  | { readonly kind: 'failed'; readonly what: string; readonly where: string; readonly remedy: string }
  /** Ours: not an operator's mistake. */
  | { readonly kind: 'bug'; readonly stack: string }

/** A structured clone keeps no class: what is wrong crosses as data. */
export function failureOf(error: unknown): LoadFailure {
  if (error instanceof ConfigError) return { kind: 'refused', problems: error.problems, file: error.file }
  if (error instanceof UserError) return { kind: 'failed', what: error.what, where: error.where, remedy: error.remedy }
  return { kind: 'bug', stack: stackOf(error) }
}

export function errorOf(failure: LoadFailure): Error {
  switch (failure.kind) {
    case 'refused':
      return new ConfigError(failure.problems, failure.file)
    case 'failed':
      return new UserError(failure.what, failure.where, failure.remedy)
    case 'bug':
      return new Error(`the configuration could not be loaded: ${failure.stack}`)
  }
}
