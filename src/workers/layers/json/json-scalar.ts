/**
 * JsonScalar: a string, number or literal that a scanner found, as a view. Reused; valid during the call only. Worker thread.
 */

export const JSON_STRING = 0
export const JSON_NUMBER = 1
export const JSON_TRUE = 2
export const JSON_FALSE = 3
export const JSON_NULL = 4
export const JSON_OBJECT = 5
export const JSON_ARRAY = 6

export type JsonKind =
  | typeof JSON_STRING
  | typeof JSON_NUMBER
  | typeof JSON_TRUE
  | typeof JSON_FALSE
  | typeof JSON_NULL
  | typeof JSON_OBJECT
  | typeof JSON_ARRAY

export class JsonScalar {
  kind: JsonKind = JSON_NULL
  /** As sent: strings without their quotes, escapes not undone. */
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  /** A string has escapes. */
  escaped = false
  /** There were more octets than are kept. */
  truncated = false

  /** The value of a string, the spelling of anything else. */
  get text(): string {
    return jsonText(this.bytes, this.start, this.end, this.escaped)
  }

  /** The value of a number; `undefined` for anything else. */
  get number(): number | undefined {
    if (this.kind !== JSON_NUMBER || this.truncated) return undefined
    const number = Number(this.text)
    return Number.isNaN(number) ? undefined : number
  }
}

/** Decodes the inside of a JSON string; where its escapes are broken or cut off, as it was sent. */
export function jsonText(bytes: Uint8Array, start: number, end: number, escaped: boolean): string {
  const text: string = Buffer.prototype.utf8Slice.call(bytes, start, end)
  if (!escaped) return text
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}
