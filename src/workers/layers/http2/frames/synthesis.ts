/**
 * Frames of our own: settings, resets, credit, GOAWAY, header blocks, data (RFC 9113 §6). Each is a new buffer that the plan keeps. Worker
 * thread.
 */

import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  FRAME_HEAD_BYTES,
  GOAWAY,
  HEADERS,
  MAX_FRAME_SIZE_DEFAULT,
  PING,
  PUSH_PROMISE,
  RST_STREAM,
  SETTING_BYTES,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame-types.ts'
import { OctetWriter } from './octet-writer.ts'

const NO_OCTETS = new Uint8Array(0)

export function rstStreamFrame(id: number, code: number): Uint8Array {
  return numberFrame(RST_STREAM, id, code)
}

export function windowUpdateFrame(id: number, increment: number): Uint8Array {
  return numberFrame(WINDOW_UPDATE, id, increment)
}

export function settingsFrame(parameters: readonly (readonly [id: number, value: number])[]): Uint8Array {
  const out = new OctetWriter(FRAME_HEAD_BYTES + SETTING_BYTES * parameters.length)
  frameHead(out, SETTING_BYTES * parameters.length, SETTINGS, 0, 0)
  for (const [id, value] of parameters) {
    out.octet(id >>> 8)
    out.octet(id)
    out.uint32(value)
  }
  return out.bytes
}

export function settingsAckFrame(): Uint8Array {
  const out = new OctetWriter(FRAME_HEAD_BYTES)
  frameHead(out, 0, SETTINGS, ACK, 0)
  return out.bytes
}

/** The answer to a PING with this payload. */
export function pingAckFrame(payload: Uint8Array): Uint8Array {
  const out = new OctetWriter(FRAME_HEAD_BYTES + payload.length)
  frameHead(out, payload.length, PING, ACK, 0)
  out.octets(payload, 0, payload.length)
  return out.bytes
}

export function goawayFrame(lastId: number, code: number): Uint8Array {
  const out = new OctetWriter(FRAME_HEAD_BYTES + 8)
  frameHead(out, 8, GOAWAY, 0, 0)
  out.uint32(lastId)
  out.uint32(code)
  return out.bytes
}

export function dataFrame(id: number, bytes: Uint8Array, ends: boolean): Uint8Array {
  const out = new OctetWriter(FRAME_HEAD_BYTES + bytes.length)
  frameHead(out, bytes.length, DATA, ends ? END_STREAM : 0, id)
  out.octets(bytes, 0, bytes.length)
  return out.bytes
}

/** HEADERS, and CONTINUATION as far as needed; `flags` are those of the head but END_HEADERS, `fields` what precedes the block (priority). */
export function headersFrames(id: number, flags: number, fields: Uint8Array, block: Uint8Array): Uint8Array {
  return blockFrames(HEADERS, id, flags, fields, block)
}

export function pushPromiseFrames(id: number, promisedId: number, block: Uint8Array): Uint8Array {
  const fields = new OctetWriter(4)
  fields.uint32(promisedId)
  return blockFrames(PUSH_PROMISE, id, 0, fields.view(), block)
}

/** Every receiver takes frames of 2¹⁴ octets (§4.2). */
function blockFrames(type: number, id: number, flags: number, fields: Uint8Array, block: Uint8Array): Uint8Array {
  const out = new OctetWriter(FRAME_HEAD_BYTES + fields.length + block.length)
  for (let at = 0, first = true; first || at < block.length; first = false) {
    const before = first ? fields : NO_OCTETS
    const end = Math.min(block.length, at + MAX_FRAME_SIZE_DEFAULT - before.length)
    const last = end === block.length ? END_HEADERS : 0
    frameHead(out, before.length + end - at, first ? type : CONTINUATION, first ? flags | last : last, id)
    out.octets(before, 0, before.length)
    out.octets(block, at, end)
    at = end
  }
  return out.view()
}

function numberFrame(type: number, id: number, value: number): Uint8Array {
  const out = new OctetWriter(FRAME_HEAD_BYTES + 4)
  frameHead(out, 4, type, 0, id)
  out.uint32(value)
  return out.bytes
}

function frameHead(out: OctetWriter, length: number, type: number, flags: number, id: number): void {
  out.octet(length >>> 16)
  out.octet(length >>> 8)
  out.octet(length)
  out.octet(type)
  out.octet(flags)
  out.uint32(id)
}
