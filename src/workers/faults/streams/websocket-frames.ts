/**
 * Frames that faults put into a WebSocket connection: a close that is legal, heads that are not. Worker thread. RFC 6455 §5.2, §5.5.1.
 */

import type { FaultOf } from '../../../shared/faults/schema/fault-schema.ts'

const FIN_CLOSE = 0x88
const MASK_BIT = 0x80
const MASK_BYTES = 4
/** RSV2 and RSV3: no extension in use knows them. */
const RESERVED_BITS = 0x30
/** 3–7 "are reserved for further non-control frames". */
const RESERVED_OPCODE = 0x3

/** A close frame, masked where a key is given: at most 125 octets of payload, so its length is one octet. */
export function closeFrame(code: number, reason: string, maskKey: Uint8Array | undefined): Uint8Array {
  const text = Buffer.from(reason)
  const payload = Buffer.from([code >> 8, code & 0xff, ...text])
  if (maskKey === undefined) return Buffer.from([FIN_CLOSE, payload.length, ...payload])
  const masked = payload.map((octet, at) => octet ^ (maskKey[at % MASK_BYTES] as number))
  return Buffer.from([FIN_CLOSE, MASK_BIT | payload.length, ...maskKey, ...masked])
}

/** `head`, a complete frame head, with a defect that a receiver must fail the connection for. */
export function malformedHead(head: Uint8Array, defect: FaultOf<'websocket'>['defect']): Uint8Array {
  const altered = Uint8Array.from(head)
  const [first = 0, second = 0] = head
  switch (defect) {
    case 'opcode':
      altered[0] = (first & 0xf0) | RESERVED_OPCODE
      return altered
    case 'reserved_bits':
      altered[0] = first | RESERVED_BITS
      return altered
    case 'mask': {
      altered[1] = second ^ MASK_BIT
      // RFC 6455 §5.1: a client masks, a server does not. A key of zeroes leaves the payload as it is.
      const isMasked = (second & MASK_BIT) !== 0
      return isMasked ? altered.subarray(0, head.length - MASK_BYTES) : Buffer.concat([altered, new Uint8Array(MASK_BYTES)])
    }
  }
}
