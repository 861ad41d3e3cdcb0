/**
 * editedHead: a message head with some fields set or left out, as a verdict `replace` takes it. Pure; worker thread.
 *
 * Lines that are not touched keep their order, case and spacing; a field that is set takes the place of its first line. HTTP/2
 * heads come out in HTTP/1.1 form: the layer takes them apart again.
 */

import type { HeadEdits } from '../../../shared/options/edit-schema.ts'
import type { MessageHead } from './message-head.ts'

const CRLF = '\r\n'
/** A response line's reason phrase is optional (RFC 9112 §4), the space before it is not. */
const NO_REASON = ''
const NO_LENGTH: HeadEdits = { set: {}, remove: ['content-length'] }
/** Content-Length in a head as text, its line end left. */
export const LENGTH_LINE = /\r\ncontent-length:[^\r\n]*(?=\r\n)/gi

/** Undefined where `edits` change nothing of this head. */
export function editedHead(head: MessageHead, edits: HeadEdits): Uint8Array | undefined {
  const wanted = new Map(Object.entries(edits.set).map(([name, value]) => [name.toLowerCase(), { name, value, isDone: false }]))
  const removed = new Set(edits.remove.map((name) => name.toLowerCase()))
  const { fields } = head
  const lines: string[] = []
  let isChanged = false
  for (let line = 0; line < fields.count; line++) {
    const name = fields.name(line).toLowerCase()
    const set = wanted.get(name)
    if (removed.has(name)) isChanged = true
    else if (set === undefined) lines.push(rawLine(head, line))
    else {
      isChanged = true
      if (!set.isDone) lines.push(`${fields.name(line)}: ${set.value}`)
      set.isDone = true
    }
  }
  for (const { name, value, isDone } of wanted.values()) {
    if (isDone) continue
    isChanged = true
    lines.push(`${name}: ${value}`)
  }
  if (!isChanged) return undefined
  return Buffer.from([startLine(head), ...hostLine(head), ...lines, '', ''].join(CRLF), 'latin1')
}

/**
 * `replaced`, or else `head`, in HTTP/1.1 form and without Content-Length; `replaced` as it is where there is no such field.
 */
export function withoutLength(head: MessageHead, replaced: Uint8Array | undefined): Uint8Array | undefined {
  if (replaced === undefined) return editedHead(head, NO_LENGTH)
  return Buffer.from(latin1Text(replaced, 0, replaced.length).replace(LENGTH_LINE, ''), 'latin1')
}

/** The same with another Content-Length, where there is one. */
export function withLength(head: MessageHead, replaced: Uint8Array | undefined, length: number): Uint8Array | undefined {
  if (replaced === undefined) return editedHead(head, { set: { 'content-length': String(length) }, remove: [] })
  return Buffer.from(latin1Text(replaced, 0, replaced.length).replace(LENGTH_LINE, `\r\nContent-Length: ${length}`), 'latin1')
}

/** The line as it was sent, without its line end. */
function rawLine({ fields }: MessageHead, line: number): string {
  const end = line + 1 < fields.count ? fields.nameStart(line + 1) : fields.end
  return latin1Text(fields.bytes, fields.nameStart(line), end).replace(/\r\n$/, '')
}

/** HTTP/1.1: the line before the fields, as it was sent. */
function startLine(head: MessageHead): string {
  const { bytes, start } = head.fields
  if (head.version === 20) return head.status === 0 ? `${head.method} ${head.target} HTTP/1.1` : `HTTP/1.1 ${head.status} ${NO_REASON}`
  const end = start - CRLF.length
  return latin1Text(bytes, bytes.lastIndexOf(0x0a, end - 1) + 1, end)
}

/** HTTP/2 has the authority outside the fields. */
function hostLine(head: MessageHead): string[] {
  return head.version === 20 && head.status === 0 && head.authority !== '' ? [`Host: ${head.authority}`] : []
}

function latin1Text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', start, end)
}
