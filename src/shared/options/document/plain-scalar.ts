/**
 * plainScalar: what a scalar without quotes is in YAML's core schema (YAML 1.2.2 §10.3.2): null, a truth value, a number, or text. No
 * thread of its own.
 */

/** Undefined for numbers that few would write: `0x1f`, `1e3`, `.inf`, `+1`; and longer ones than are exact. */
export function plainScalar(text: string): string | number | boolean | null | undefined {
  const first = text.charCodeAt(0)
  // `+`, `-`, `.` and digits may begin a number; `~`, and the letters of null, true and false, a word.
  if (first <= 0x39 && first !== SLASH) return NUMBER.test(text) ? numberOf(text) : text
  return text.length <= MAX_WORD_CHARS && WORDS.has(text) ? WORDS.get(text) : text
}

const SLASH = 0x2f
const MAX_WORD_CHARS = 5

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['~', null],
  ...['null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
])

const NUMBER =
  /^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const USUAL_NUMBER = /^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?$/

function numberOf(text: string): number | undefined {
  return USUAL_NUMBER.test(text) ? Number(text) : undefined
}
