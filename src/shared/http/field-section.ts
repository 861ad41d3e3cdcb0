/**
 * FieldSection: the field lines of one message head or trailer section, as views (RFC 9110 §5).
 *
 * One shape for HTTP/1.1 and HTTP/2: a block of `name: value CRLF` lines in `bytes`, and four offsets per line. HTTP/1.1
 * points it at the head as it arrived; the HTTP/2 layer lets HPACK write the same shape into its scratch buffer. So an
 * observer copies one block, whatever the protocol. Reused: views are valid during the handler call only. Worker thread.
 *
 *     bytes    …H o s t :   a . e x \r \n A c c e p t : …
 *     offsets   └nameStart  └valueStart
 *                     └nameEnd   └valueEnd            (value without surrounding whitespace)
 */

const OFFSETS_PER_LINE = 4
const UPPER_A = 0x41
const UPPER_Z = 0x5a
const CASE_BIT = 0x20
/** Taken once: the global `Buffer` is a getter, which a call per message would pay for. */
const { latin1Slice } = Buffer.prototype

/** Offsets of a section that holds none, those that wait for the next section of this thread, and how many of these are kept. */
const NO_OFFSETS = new Int32Array(0)
const spareOffsets: Int32Array[] = []
const SPARE_OFFSETS = 16
/** Lines that new offsets have room for. */
const LINES = 32

const NO_OCTETS = new Uint8Array(0)

export class FieldSection {
  /** The buffer that the offsets index. */
  bytes: Uint8Array
  /** The block of field lines, first name to last CRLF; excludes the start line and the empty line. */
  start = 0
  end = 0
  /** Field lines in `offsets`. */
  count = 0
  /** A bit for each length that a name has, modulo 32: most fields that are looked for are not there, and no name is as long. */
  #lengths = 0
  offsets: Int32Array

  constructor() {
    this.bytes = NO_OCTETS
    this.offsets = NO_OFFSETS
  }

  /** Forgets all lines; `bytes` is the buffer that the next `add` calls index. */
  reset(bytes: Uint8Array, start: number): void {
    this.bytes = bytes
    this.start = start
    this.end = start
    this.count = 0
    this.#lengths = 0
    if (this.offsets === NO_OFFSETS) this.offsets = spareOffsets.pop() ?? new Int32Array(LINES * OFFSETS_PER_LINE)
  }

  /**
   * Lets go of octets and offsets until the next `reset`: an idle connection keeps neither a socket read alive nor 512 octets
   * per direction, and the next message, of whichever connection, finds offsets that are warm.
   */
  release(): void {
    this.bytes = NO_OCTETS
    this.count = 0
    if (this.offsets !== NO_OFFSETS && spareOffsets.length < SPARE_OFFSETS) spareOffsets.push(this.offsets)
    this.offsets = NO_OFFSETS
  }

  add(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const at = this.count * OFFSETS_PER_LINE
    if (at === this.offsets.length) this.#grow()
    this.offsets[at] = nameStart
    this.offsets[at + 1] = nameEnd
    this.offsets[at + 2] = valueStart
    this.offsets[at + 3] = valueEnd
    this.#lengths |= 1 << (nameEnd - nameStart)
    this.count++
  }

  nameStart(line: number): number {
    return this.offsets[line * OFFSETS_PER_LINE] as number
  }
  nameEnd(line: number): number {
    return this.offsets[line * OFFSETS_PER_LINE + 1] as number
  }
  valueStart(line: number): number {
    return this.offsets[line * OFFSETS_PER_LINE + 2] as number
  }
  valueEnd(line: number): number {
    return this.offsets[line * OFFSETS_PER_LINE + 3] as number
  }

  /** The name of `line` as it was sent, decoded as Latin-1. */
  name(line: number): string {
    return latin1(this.bytes, this.nameStart(line), this.nameEnd(line))
  }

  /** The value of `line` without surrounding whitespace, decoded as Latin-1 (RFC 9110 §5.5 allows obs-text octets). */
  value(line: number): string {
    return latin1(this.bytes, this.valueStart(line), this.valueEnd(line))
  }

  /** Whether the name of `line` is `name`, which must be given in lower case (names are case-insensitive, RFC 9110 §5.1). */
  isNamed(line: number, name: string): boolean {
    const from = this.nameStart(line)
    if (this.nameEnd(line) - from !== name.length) return false
    for (let i = 0; i < name.length; i++) {
      if (lower(this.bytes[from + i] as number) !== name.charCodeAt(i)) return false
    }
    return true
  }

  /** The first line at or after `from` whose name is `name` (lower case), or −1. */
  find(name: string, from = 0): number {
    if ((this.#lengths & (1 << name.length)) === 0) return -1
    for (let line = from; line < this.count; line++) {
      if (this.isNamed(line, name)) return line
    }
    return -1
  }

  /** The value of the first line named `name` (lower case), or `undefined`. */
  first(name: string): string | undefined {
    const line = this.find(name)
    return line === -1 ? undefined : this.value(line)
  }

  #grow(): void {
    const wider = new Int32Array(Math.max(this.offsets.length * 2, LINES * OFFSETS_PER_LINE))
    wider.set(this.offsets)
    this.offsets = wider
  }
}

function lower(byte: number): number {
  return byte >= UPPER_A && byte <= UPPER_Z ? byte | CASE_BIT : byte
}

/** Decodes octets as Latin-1: every octet is one character, nothing is lost. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end)
}
