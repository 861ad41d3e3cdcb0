/**
 * Header blocks encoded anew: the same fields for a receiver whose table is ours by now, or an edited head. Worker thread.
 */

import type { Direction } from '../direction.ts'
import { END_STREAM, PADDED, PRIORITY_BYTES, PRIORITY_FLAG, PUSH_PROMISE } from '../frames/frame-types.ts'
import { OctetWriter } from '../frames/octet-writer.ts'
import { headersFrames, pushPromiseFrames } from '../frames/synthesis.ts'
import type { HpackEncoder } from '../hpack/hpack-encoder.ts'
import { AUTHORITY, CONTENT_LENGTH, LAST_PSEUDO, METHOD, OTHER, PATH, PROTOCOL, SCHEME, STATUS } from './field-name.ts'
import { type HeaderList, NEVER_INDEXED } from './header-list.ts'
import type { PendingHead } from './pending-head.ts'
import { PlainMessage } from './plain-message.ts'

const PSEUDO_NAMES: readonly Buffer[] = ['', ':method', ':scheme', ':authority', ':path', ':status', ':protocol'].map((name) =>
  Buffer.from(name),
)
const NO_OCTETS = new Uint8Array(0)
const EMPTY_LINE = Buffer.from('\r\n', 'latin1')

/** Inserts the block in hand of `direction`, decoded as `list`, encoded anew. */
export function insertSame(direction: Direction, list: HeaderList): void {
  insertBlock(direction, sameBlock(direction, list))
}

function sameBlock(direction: Direction, list: HeaderList): OctetWriter {
  const out = new OctetWriter()
  const encoder = direction.beginBlock(out)
  for (let pseudo = METHOD; pseudo <= LAST_PSEUDO; pseudo++) samePseudo(out, encoder, list, pseudo)
  const { fields, bytes, names } = list
  for (let line = 0; line < fields.count; line++) {
    const name = bytes.subarray(fields.nameStart(line), fields.nameEnd(line))
    const value = bytes.subarray(fields.valueStart(line), fields.valueEnd(line))
    encoder.field(out, name, value, names[line] as number, list.isNeverIndexed(line))
  }
  return out
}

/** Inserts in its place the request whose head in HTTP/1.1 form is `plain`; what that form does not say stays as it was. */
export function insertRequest(direction: Direction, list: HeaderList, plain: Uint8Array): void {
  insertBlock(direction, requestBlock(direction, list, plain))
}

function requestBlock(direction: Direction, list: HeaderList, plain: Uint8Array): OctetWriter {
  const message = new PlainMessage(plain)
  const out = new OctetWriter()
  const encoder = direction.beginBlock(out)
  pseudo(out, encoder, METHOD, message.method)
  samePseudo(out, encoder, list, SCHEME)
  if (message.host === '') samePseudo(out, encoder, list, AUTHORITY)
  else pseudo(out, encoder, AUTHORITY, message.host)
  if (list.has(PATH)) pseudo(out, encoder, PATH, message.target)
  samePseudo(out, encoder, list, PROTOCOL)
  edited(out, encoder, message)
  return out
}

/** Inserts in its place the response whose head in HTTP/1.1 form is `plain`. */
export function insertResponse(direction: Direction, plain: Uint8Array): void {
  insertBlock(direction, responseBlock(direction, plain))
}

/** Inserts a head that was withheld, now: as it came, or in the form `plain`. */
export function insertHead(direction: Direction, { kind, stream, list }: PendingHead, plain: Uint8Array | undefined, flags: number): void {
  const block =
    plain === undefined
      ? sameBlock(direction, list)
      : kind === 'response'
        ? responseBlock(direction, plain)
        : requestBlock(direction, list, plain)
  direction.insert(headersFrames(stream.id, flags, NO_OCTETS, block.view()))
}

/** Inserts trailers that were withheld: they end the half. */
export function insertTrailers(direction: Direction, id: number, list: HeaderList): void {
  direction.insert(headersFrames(id, END_STREAM, NO_OCTETS, sameBlock(direction, list).view()))
}

/** Inserts trailers of our own: field lines, each with its CRLF. */
export function insertPlainTrailers(direction: Direction, id: number, lines: Uint8Array): void {
  const out = new OctetWriter()
  const encoder = direction.beginBlock(out)
  edited(out, encoder, new PlainMessage(Buffer.concat([EMPTY_LINE, lines, EMPTY_LINE])))
  direction.insert(headersFrames(id, END_STREAM, NO_OCTETS, out.view()))
}

function responseBlock(direction: Direction, plain: Uint8Array): OctetWriter {
  const message = new PlainMessage(plain)
  const out = new OctetWriter()
  const encoder = direction.beginBlock(out)
  pseudo(out, encoder, STATUS, message.status)
  edited(out, encoder, message)
  return out
}

function edited(out: OctetWriter, encoder: HpackEncoder, message: PlainMessage): void {
  for (const { name, value, number } of message.fields) {
    encoder.field(out, name, value, number === CONTENT_LENGTH ? CONTENT_LENGTH : OTHER, false)
  }
}

function samePseudo(out: OctetWriter, encoder: HpackEncoder, list: HeaderList, number: number): void {
  if (!list.has(number)) return
  const value = list.bytes.subarray(list.pseudoStart[number], list.pseudoEnd[number])
  const neverIndexed = ((list.pseudoFlags[number] as number) & NEVER_INDEXED) !== 0
  encoder.field(out, PSEUDO_NAMES[number] as Buffer, value, number, neverIndexed)
}

function pseudo(out: OctetWriter, encoder: HpackEncoder, number: number, value: string): void {
  encoder.field(out, PSEUDO_NAMES[number] as Buffer, Buffer.from(value, 'latin1'), number, false)
}

/** As the frame in hand: with its END_STREAM and priority, without its padding. */
function insertBlock(direction: Direction, block: OctetWriter): void {
  const { parser } = direction
  const { flags, streamId } = parser
  if (parser.type === PUSH_PROMISE) {
    direction.insert(pushPromiseFrames(streamId, parser.promisedId, block.view()))
    return
  }
  const at = parser.payloadStart + ((flags & PADDED) === 0 ? 0 : 1)
  const priority = (flags & PRIORITY_FLAG) === 0 ? NO_OCTETS : parser.raw.subarray(at, at + PRIORITY_BYTES)
  direction.insert(headersFrames(streamId, flags & (END_STREAM | PRIORITY_FLAG), priority, block.view()))
}
