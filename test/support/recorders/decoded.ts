/**
 * A body through a decoder chain, in any pieces, and what came of it.
 */

import type { DecodeReason } from '../../../src/shared/events/decode-reasons.ts'
import { DecoderChain, type DecoderChainOptions } from '../../../src/workers/layers/content-coding/decoder-chain.ts'

export interface DecodedBody {
  output: Buffer
  failure: [DecodeReason, string] | undefined
}

/** Runs a decoder chain over the chunks, as fast as the relay would or letting the decoder keep up. */
export function decode(
  coding: string,
  chunks: Iterable<Uint8Array>,
  options: DecoderChainOptions & { paced?: boolean } = {},
): Promise<DecodedBody> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    let calls = 0
    const done = (failure: DecodedBody['failure']) => {
      if (++calls > 1) throw new Error('ended twice')
      resolve({ output: Buffer.concat(parts), failure })
    }
    const chain = new DecoderChain(
      coding,
      {
        onDecoded: (bytes) => parts.push(Buffer.from(bytes)),
        onDecodedEnd: () => done(undefined),
        onDecodeFailed: (reason, at) => done([reason, at]),
      },
      options,
    )
    const feed = async () => {
      for (const chunk of chunks) {
        const copy = Uint8Array.from(chunk)
        chain.write(copy)
        copy.fill(0x55)
        if (options.paced) await new Promise((next) => setImmediate(next))
      }
      chain.end()
    }
    void feed()
  })
}

export const pieces = (bytes: Uint8Array, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
