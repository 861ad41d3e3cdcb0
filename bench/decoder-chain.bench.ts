/**
 * Content decoding beside the relay: CPU per octet of output, thread pool included, for large bodies and flushed small pieces.
 * Run: node dist/bench/decoder-chain.bench.js
 */

import * as zlib from 'node:zlib'
import { DecoderChain } from '../src/workers/layers/content-coding/decoder-chain.ts'

const text = Buffer.from(
  Array.from({ length: 120_000 }, (_, i) => `data: {"i":${i},"text":"word${(i * 7_919) % 9_973} and ${(i * 31) % 977}"}\n\n`).join(''),
)

async function bench(name: string, coding: string, encoded: Buffer, chunkBytes: number): Promise<void> {
  const rates: number[] = []
  for (let run = 0; run < 4; run++) {
    const start = process.cpuUsage()
    const octets = await decode(coding, encoded, chunkBytes)
    const used = process.cpuUsage(start)
    rates.push(octets / (used.user + used.system))
  }
  rates.sort((a, b) => a - b)
  console.log(`content-coding, ${name}: ${Math.round(rates[2] as number)} MB/s of output per CPU second`)
}

function decode(coding: string, encoded: Buffer, chunkBytes: number): Promise<number> {
  return new Promise((resolve) => {
    let octets = 0
    const chain = new DecoderChain(coding, {
      onDecoded: (bytes) => {
        octets += bytes.length
      },
      onDecodedEnd: () => resolve(octets),
      onDecodeFailed: (reason) => {
        throw new Error(reason)
      },
    })
    const feed = async () => {
      for (let at = 0; at < encoded.length; at += chunkBytes) {
        chain.write(encoded.subarray(at, at + chunkBytes))
        await new Promise((next) => setImmediate(next))
      }
      chain.end()
    }
    void feed()
  })
}

await bench('gzip, 16 KiB', 'gzip', zlib.gzipSync(text), 16_384)
await bench('gzip, 130 B', 'gzip', zlib.gzipSync(text), 130)
await bench('br, 16 KiB', 'br', zlib.brotliCompressSync(text, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }), 16_384)
const zstd = (zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer }).zstdCompressSync
if (zstd !== undefined) await bench('zstd, 16 KiB', 'zstd', zstd(text), 16_384)
