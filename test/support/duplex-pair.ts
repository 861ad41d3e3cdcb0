/** duplexPair: two streams, each of which reads what the other is sent, and a listener to both. */

import { Duplex } from 'node:stream'
import { CLIENT, ORIGIN, type Side } from '../../src/shared/side.ts'

export function duplexPair(onOctets: (side: Side, bytes: Buffer) => void): readonly [client: Duplex, origin: Duplex] {
  const make = (side: Side, peer: () => Duplex): Duplex =>
    new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        onOctets(side, chunk)
        peer().push(chunk)
        done()
      },
    })
  const client: Duplex = make(CLIENT, () => origin)
  const origin: Duplex = make(ORIGIN, () => client)
  return [client, origin]
}
