/**
 * Field lines for events: a block of `name: value CRLF` lines becomes `[[name, value], …]`, secrets left out. Pure.
 *
 * The block was accepted by a layer before (RFC 9112 §5, or written from HPACK), so this splits and does not judge: names as
 * they were sent, values without surrounding whitespace. No thread of its own.
 */

export const REDACTED = '[redacted]'

export type FieldLine = readonly [name: string, value: string]

const SPACE = 0x20
const TAB = 0x09
const CR = 0x0d

/** Splits `block`; the values of names in `redacted` (lower case) are replaced. */
export function splitFieldLines(block: string, redacted: ReadonlySet<string>): FieldLine[] {
  const lines: FieldLine[] = []
  let colon = -1
  for (let start = 0; start < block.length; ) {
    const newline = block.indexOf('\n', start)
    const end = newline === -1 ? block.length : newline
    // From the second character: HTTP/2 pseudo-header names begin with a colon (RFC 9113 §8.3).
    // Searched on only when passed, so that lines without one cost no second look at the rest.
    if (colon <= start) colon = block.indexOf(':', start + 1)
    if (colon === -1) colon = block.length
    if (colon >= end) {
      // A line that was cut in its name.
      const name = trim(block, start, end)
      if (name !== '') lines.push([name, ''])
    } else {
      const name = block.slice(start, colon)
      lines.push([name, redacted.has(name.toLowerCase()) ? REDACTED : trim(block, colon + 1, end)])
    }
    start = end + 1
  }
  return lines
}

/** `text[start, end)` without the optional whitespace around it (RFC 9110 §5.6.3) and the CR before its LF. */
function trim(text: string, start: number, end: number): string {
  let from = start
  let to = end
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === CR
}
