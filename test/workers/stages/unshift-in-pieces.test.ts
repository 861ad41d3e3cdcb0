/** unshiftInPieces: the same octets, in order, none of the pieces as large as TLS's first receive buffer. */

import { once } from 'node:events'
import { Socket } from 'node:net'
import t from 'tap'
import { PIECE_BYTES, unshiftInPieces } from '../../../src/workers/stages/unshift-in-pieces.ts'

const OWN_BUFFER_BYTES = 1_024

for (const length of [1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 1_603, 4 * PIECE_BYTES + 7]) {
  t.test(`${length} octets`, async (t) => {
    const socket = new Socket()
    t.teardown(() => socket.destroy())
    const octets = Buffer.from(Array.from({ length }, (_, at) => at % 251))
    unshiftInPieces(socket, octets)
    const pieces: Buffer[] = []
    for (let taken = 0; taken < length; taken = Buffer.concat(pieces).length) {
      socket.once('data', (piece: Buffer) => {
        pieces.push(piece)
        socket.pause()
      })
      const paused = once(socket, 'pause')
      socket.resume()
      await paused
    }
    t.same(Buffer.concat(pieces), octets)
    t.ok(pieces.every((piece) => piece.length < OWN_BUFFER_BYTES))
    t.equal(pieces.length, Math.ceil(length / PIECE_BYTES))
  })
}
