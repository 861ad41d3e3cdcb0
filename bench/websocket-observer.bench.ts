/**
 * Throughput of the WebSocket observer, client side (masked): small messages, large ones, with and without looking inside.
 * Run: node dist/bench/websocket-observer.bench.js
 */

import { constants, deflateRawSync } from 'node:zlib'
import { CLIENT } from '../src/shared/side.ts'
import { parseExtensions } from '../src/workers/layers/websocket/extensions.ts'
import { WebSocketObserver, type WebSocketObserverOptions } from '../src/workers/layers/websocket/websocket-observer.ts'
import { fromClient } from '../test/support/octets/websocket-frames.ts'
import { measure } from './support/measure.ts'

const CHUNK_BYTES = 16_384
const handler = { onFrame() {}, onMessage() {}, onClose() {}, onViolation() {}, onEnd() {} }

function bench(name: string, frames: Uint8Array[], options: WebSocketObserverOptions = {}): void {
  const wire = Buffer.concat(frames)
  measure(`websocket, ${name}`, () => {
    const observer = new WebSocketObserver(handler, options)
    for (let at = 0; at < wire.length; at += CHUNK_BYTES) observer.execute(CLIENT, wire.subarray(at, at + CHUNK_BYTES))
    return wire.length
  })
}

const repeat = (count: number, bytes: Uint8Array) => Array.from({ length: count }, () => bytes)
const text = Buffer.from(
  '{"type":"delta","text":"lorem ipsum dolor sit amet, consectetur adipiscing elit sed do eiusmod tempor incididunt"}',
)
bench('100 B text', repeat(10_000, fromClient({ opcode: 1, payload: text })))
bench('100 B binary, not captured', repeat(10_000, fromClient({ opcode: 2, payload: text })))
bench('1 MiB text', repeat(8, fromClient({ opcode: 1, payload: Buffer.alloc(1 << 20, text) })))
bench('1 MiB binary, not captured', repeat(8, fromClient({ opcode: 2, payload: Buffer.alloc(1 << 20, text) })))
bench('1 MiB text, captured', repeat(8, fromClient({ opcode: 1, payload: Buffer.alloc(1 << 20, text) })), { captureBytes: 1 << 20 })
const deflated = deflateRawSync(Buffer.from(Array.from({ length: 4_000 }, (_, i) => text[(i * i) % text.length] as number)), {
  finishFlush: constants.Z_SYNC_FLUSH,
})
const compressed = repeat(500, fromClient({ opcode: 1, reserved: 4, payload: deflated.subarray(0, -4) }))
bench('4 KB compressed, inflated (wire octets)', compressed, { extensions: parseExtensions('permessage-deflate'), captureBytes: 8_192 })
