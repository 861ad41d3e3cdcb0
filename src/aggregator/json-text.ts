/**
 * JSON text without a serializer. Aggregator thread.
 */

/** What a JSON string must escape (RFC 8259 §7); the strings here come from UTF-8 or Latin-1 and hold no lone surrogates. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be escaped
const NEEDS_ESCAPE = /["\\\x00-\x1f]/

/** `text` as a JSON string. */
export function quote(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`
}
