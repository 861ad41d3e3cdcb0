/**
 * Joins cookie crumbs: HTTP/2 senders may split Cookie into one field per pair, for better compression; whoever reads fields sees
 * one again, "using the two-octet delimiter `; `" (RFC 9113 §8.2.3). What is relayed stays split. Worker thread.
 */

import { MessageHead } from '../../http/message-head.ts'
import { COOKIE } from './field-name.ts'
import type { HeaderList } from './header-list.ts'

const CRLF = Buffer.from('\r\n')
const DELIMITER = Buffer.from('; ')
const COLON_SP = Buffer.from(': ')

/** Writes the lines of `list` into a head of its own, with one Cookie in the place of the first. Reused by its owner. */
export class CookieJoiner {
  readonly head: MessageHead = new MessageHead()
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0

  join(list: HeaderList): MessageHead {
    const { head: source } = list
    const { fields } = source
    // Crumbs share one name, so the joined form is never longer than the lines were.
    if (this.#bytes.length < list.length) this.#bytes = new Uint8Array(Math.max(list.length, 1_024))
    this.#at = 0
    this.#put(fields.bytes, 0, fields.start)
    const { head } = this
    head.fields.reset(this.#bytes, this.#at)
    let joined = false
    for (let line = 0; line < fields.count; line++) {
      if (list.names[line] !== COOKIE) this.#line(list, line, line)
      else if (!joined) {
        joined = true
        this.#line(list, line, fields.count - 1)
      }
    }
    head.fields.end = this.#at
    head.methodStart = source.methodStart
    head.methodEnd = source.methodEnd
    head.targetStart = source.targetStart
    head.targetEnd = source.targetEnd
    head.authorityStart = source.authorityStart
    head.authorityEnd = source.authorityEnd
    head.status = source.status
    head.version = source.version
    head.framing = source.framing
    head.contentLength = source.contentLength
    this.#moveHost(source)
    return head
  }

  /** Writes line `first` and, if it is a crumb, the values of all crumbs up to `last` behind it. */
  #line(list: HeaderList, first: number, last: number): void {
    const { fields } = list.head
    const nameStart = this.#at
    this.#put(fields.bytes, fields.nameStart(first), fields.nameEnd(first))
    const nameEnd = this.#at
    this.#put(COLON_SP, 0, COLON_SP.length)
    const valueStart = this.#at
    this.#put(fields.bytes, fields.valueStart(first), fields.valueEnd(first))
    for (let line = first + 1; line <= last; line++) {
      if (list.names[line] !== COOKIE) continue
      this.#put(DELIMITER, 0, DELIMITER.length)
      this.#put(fields.bytes, fields.valueStart(line), fields.valueEnd(line))
    }
    const valueEnd = this.#at
    this.#put(CRLF, 0, CRLF.length)
    this.head.fields.add(nameStart, nameEnd, valueStart, valueEnd)
  }

  /** The authority may be the value of Host, which has moved if crumbs stood before it. */
  #moveHost(source: MessageHead): void {
    if (source.authorityStart < source.fields.start || source.authorityEnd === source.authorityStart) return
    const line = this.head.fields.find('host')
    if (line === -1) return
    this.head.authorityStart = this.head.fields.valueStart(line)
    this.head.authorityEnd = this.head.fields.valueEnd(line)
  }

  #put(source: Uint8Array, start: number, end: number): void {
    this.#bytes.set(source.subarray(start, end), this.#at)
    this.#at += end - start
  }
}
