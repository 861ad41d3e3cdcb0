/**
 * RedactedQuery: URLs without the values of those parameters that no event carries: keys, tokens and signatures travel in queries and
 * fragments too (RFC 6750 §2.3, signed URLs, keys of APIs). Pure. No thread of its own.
 */

import { REDACTED, RedactedNames } from './redacted-names.ts'

/** A parameter: what separates it, its name, its value. Each octet is looked at once, whatever they are. */
const PARAMETER = /([?&#;])([^=?&#;]*)=([^&#;]+)/g
const QUESTION_MARK = 0x3f
const NUMBER_SIGN = 0x23
/** Fields whose values are URLs (RFC 9110 §8.7, §10.1.3, §10.2.2). */
const URL_FIELDS = new RedactedNames(new Set(['referer', 'location', 'content-location']))

export class RedactedQuery {
  readonly #names: ReadonlySet<string>

  /** `names` in any case. */
  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => name.toLowerCase()))
  }

  /** Whether the URL `bytes[start, end)` has parameters to be looked at: nearly all have none. */
  concerns(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#names.size === 0) return false
    for (let at = start; at < end; at++) if (bytes[at] === QUESTION_MARK || bytes[at] === NUMBER_SIGN) return true
    return false
  }

  /** Whether the value of the field `bytes[start, end)` is a URL. */
  isUrlField(bytes: Uint8Array, start: number, end: number): boolean {
    return URL_FIELDS.covers(bytes, start, end)
  }

  redact(url: string): string {
    if (this.#names.size === 0) return url
    return url.replace(PARAMETER, (parameter: string, separator: string, name: string) =>
      this.#names.has(plain(name)) ? `${separator}${name}=${REDACTED}` : parameter,
    )
  }
}

/** A name as a server reads it: `api%5Fkey` is `api_key`. */
function plain(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase()
  } catch {
    return name.toLowerCase()
  }
}
