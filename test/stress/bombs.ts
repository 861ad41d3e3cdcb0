/**
 * Small bodies that decode to far more than they are, by name: gzip, brotli and zstd of zeros.
 */

import * as zlib from 'node:zlib'

const MEBIBYTE = 1_048_576

export interface Bomb {
  readonly coding: string
  readonly body: Buffer
}

/** `name`: gzip, br or zstd; each decodes to 1 GiB or more. */
export function bombOf(name: string): Bomb {
  switch (name) {
    case 'gzip':
      // Members may follow one another (RFC 1952 §2.2): one of 64 MiB, sixteen times.
      return { coding: 'gzip', body: repeated(zlib.gzipSync(Buffer.alloc(64 * MEBIBYTE)), 16) }
    case 'br':
      return {
        coding: 'br',
        body: zlib.brotliCompressSync(Buffer.alloc(1024 * MEBIBYTE), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
      }
    default: {
      // RLE blocks of 128 KiB, four octets each (RFC 8878 §3.1.1.2.2), in a frame with a window of 8 MB.
      const blocks = Buffer.alloc(4 * 8192)
      for (let at = 0; at < blocks.length; at += 4) blocks.set([0x02, 0x00, 0x10, 0x00], at)
      return { coding: 'zstd', body: Buffer.concat([Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68), blocks]) }
    }
  }
}

function repeated(body: Buffer, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => body))
}
