/**
 * DER reading of untrusted certificates: one element at a time, never recursing, never throwing, never copying.
 *
 *     tag │ length (1, or 0x81…0x84 + octets) │ value
 *     ▲ start                                  ▲ value        ▲ end
 *
 * An element that does not lie wholly within its parent reads as undefined. Pure. Any thread.
 */

export const TAG_BOOLEAN = 0x01
export const TAG_INTEGER = 0x02
export const TAG_BIT_STRING = 0x03
export const TAG_OCTET_STRING = 0x04
export const TAG_OID = 0x06
export const TAG_UTF8_STRING = 0x0c
export const TAG_PRINTABLE_STRING = 0x13
export const TAG_T61_STRING = 0x14
export const TAG_IA5_STRING = 0x16
export const TAG_BMP_STRING = 0x1e
export const TAG_SEQUENCE = 0x30
export const TAG_SET = 0x31

export interface DerElement {
  readonly tag: number
  readonly start: number
  readonly value: number
  readonly end: number
}

/** The element at `at`, or undefined where there is none within `end`. High tag numbers and indefinite lengths do not occur in certificates. */
export function readElement(bytes: Uint8Array, at: number, end: number): DerElement | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || at + 2 > end || (tag & 0x1f) === 0x1f) return undefined
  let value = at + 2
  let length = first
  if (first >= 0x80) {
    const octets = first & 0x7f
    if (octets === 0 || octets > 4 || value + octets > end) return undefined
    length = 0
    for (let n = 0; n < octets; n++) length = length * 256 + (bytes[value + n] ?? 0)
    value += octets
  }
  return value + length <= end ? { tag, start: at, value, end: value + length } : undefined
}

/** The first element inside `parent`. */
export function firstChild(bytes: Uint8Array, parent: DerElement): DerElement | undefined {
  return readElement(bytes, parent.value, parent.end)
}

/** The element after `previous` inside `parent`. */
export function nextSibling(bytes: Uint8Array, parent: DerElement, previous: DerElement): DerElement | undefined {
  return readElement(bytes, previous.end, parent.end)
}

/** True where the value of `element` is exactly these octets. */
export function valueEquals(bytes: Uint8Array, element: DerElement, expected: readonly number[]): boolean {
  if (element.end - element.value !== expected.length) return false
  for (let n = 0; n < expected.length; n++) if (bytes[element.value + n] !== expected[n]) return false
  return true
}
