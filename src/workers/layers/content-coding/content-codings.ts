/**
 * The codings that a Content-Encoding value lists (RFC 9110 §8.4). Worker thread.
 */

import { CODINGS_CHARACTERS, CODINGS_PER_MESSAGE } from '../../../shared/limits/layers/content-coding.ts'

export type ContentCoding = 'gzip' | 'deflate' | 'br' | 'zstd'

export type ContentCodings =
  /** In the order in which they were applied: decode from the last to the first. */
  | { readonly kind: 'codings'; readonly codings: readonly ContentCoding[] }
  | { readonly kind: 'unreadable'; readonly reason: 'unsupported' | 'nesting_limit'; readonly coding: string }

const IDENTITY: ContentCodings = { kind: 'codings', codings: [] }

/** Reads `value`; several field lines are joined by commas. Codings are case-insensitive, `identity` is none. */
export function parseContentCodings(value: string | undefined): ContentCodings {
  if (value === undefined) return IDENTITY
  if (value.length > CODINGS_CHARACTERS) return { kind: 'unreadable', reason: 'nesting_limit', coding: '' }
  const codings: ContentCoding[] = []
  for (const element of value.split(',')) {
    const name = element.trim().toLowerCase()
    if (name === '' || name === 'identity') continue
    const coding = codingOf(name)
    if (coding === undefined) return { kind: 'unreadable', reason: 'unsupported', coding: name }
    if (codings.length === CODINGS_PER_MESSAGE) return { kind: 'unreadable', reason: 'nesting_limit', coding }
    codings.push(coding)
  }
  return { kind: 'codings', codings }
}

function codingOf(name: string): ContentCoding | undefined {
  switch (name) {
    case 'gzip':
    case 'x-gzip': // RFC 9110 §8.4.1.3: equivalent
      return 'gzip'
    case 'deflate':
    case 'br':
    case 'zstd':
      return name
    default:
      return undefined
  }
}
