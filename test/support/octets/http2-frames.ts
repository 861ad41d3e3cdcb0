/**
 * Builds HTTP/2 frames for tests, legal or not.
 */

import { OctetWriter } from '../../../src/workers/layers/http2/frames/octet-writer.ts'
import type { HpackEncoder as Encoder } from '../../../src/workers/layers/http2/hpack/hpack-encoder.ts'
import { HpackEncoder } from '../../../src/workers/layers/http2/hpack/hpack-encoder.ts'

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export function frame(type: number, flags: number, streamId: number, payload: Uint8Array | readonly number[] = []): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, Uint8Array.from(payload)])
}

export const uint32 = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)

export const data = (id: number, text: string | Uint8Array = '', end = false) => frame(0, end ? 1 : 0, id, Buffer.from(text as string))
export const rst = (id: number, code: number) => frame(3, 0, id, uint32(code))
export const ping = (ack = false) => frame(6, ack ? 1 : 0, 0, new Uint8Array(8))
export const windowUpdate = (id: number, increment: number) => frame(8, 0, id, uint32(increment))
export const priority = (id: number) => frame(2, 0, id, [0, 0, 0, 0, 15])
export const goaway = (lastId: number, code = 0, text = '') =>
  frame(7, 0, 0, Buffer.concat([uint32(lastId), uint32(code), Buffer.from(text)]))
export const settings = (...pairs: readonly (readonly [id: number, value: number])[]) =>
  frame(4, 0, 0, Buffer.concat(pairs.map(([id, value]) => Buffer.concat([Uint8Array.of(id >> 8, id), uint32(value)]))))
export const settingsAck = () => frame(4, 1, 0)

export type FieldList = readonly (readonly [name: string, value: string])[]

/** A header block; without an encoder of literals only. */
export function block(fields: FieldList, encoder: Encoder = HpackEncoder.literals()): Uint8Array {
  const out = new OctetWriter()
  encoder.begin(out)
  for (const [name, value] of fields) encoder.field(out, Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1'), 0, false)
  return Uint8Array.from(out.view())
}

export function headers(id: number, fields: FieldList, end = false, encoder?: Encoder): Buffer {
  return frame(1, 4 | (end ? 1 : 0), id, block(fields, encoder))
}

export const GET: FieldList = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'a.example'],
  [':path', '/x?y=1'],
]
export const POST: FieldList = [[':method', 'POST'], ...GET.slice(1)]

export interface ReadFrame {
  readonly type: number
  readonly flags: number
  readonly id: number
  readonly payload: Buffer
}

/** Takes octets apart, independently of the parser under test. The preface is skipped. */
export function readFrames(octets: Uint8Array): ReadFrame[] {
  const bytes = Buffer.from(octets)
  const frames: ReadFrame[] = []
  let at = bytes.subarray(0, PREFACE.length).equals(PREFACE) ? PREFACE.length : 0
  while (at + 9 <= bytes.length) {
    const length = bytes.readUIntBE(at, 3)
    const payload = bytes.subarray(at + 9, at + 9 + length)
    if (payload.length < length) throw new Error('the last frame is cut')
    frames.push({ type: bytes[at + 3] as number, flags: bytes[at + 4] as number, id: bytes.readUInt32BE(at + 5) & 0x7fffffff, payload })
    at += 9 + length
  }
  if (at !== bytes.length) throw new Error('octets are left over')
  return frames
}
