/**
 * HandshakeGate: in a real handshake, recorded between two sockets of node:tls, exactly the records before the stage pass, whatever
 * the splits; what is no TLS passes whole.
 */

import { connect, TLSSocket } from 'node:tls'
import t from 'tap'
import { TLS_STAGES, type TlsStage } from '../../../../src/shared/faults/schema/tls-fault-schema.ts'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import { HandshakeGate } from '../../../../src/workers/tls/records/handshake-gate.ts'
import { duplexPair } from '../../../support/duplex-pair.ts'
import { originCertificate } from '../../../support/test-origin.ts'

/** RFC 8446 §D.4: a record of one octet that may follow the ServerHello. */
const CHANGE_CIPHER_SPEC_BYTES = 6

type Turn = readonly [side: Side, bytes: Buffer]

/** What both sides send until the server has read the client's first octets of data. */
async function record(version: 'TLSv1.2' | 'TLSv1.3'): Promise<Turn[]> {
  const turns: Turn[] = []
  const [near, far] = duplexPair((side, bytes) => turns.push([side, bytes]))
  const server = new TLSSocket(far as never, { isServer: true, ...originCertificate(), minVersion: version, maxVersion: version })
  const client = connect({ socket: near as never, rejectUnauthorized: false })
  client.on('error', () => {})
  client.once('secureConnect', () => client.write('data'))
  await new Promise((resolve) => server.once('data', resolve))
  client.destroy()
  server.destroy()
  return turns
}

/** Octets of each side that pass, chunked by `size`. */
function passed(stage: TlsStage, turns: readonly Turn[], size: number): readonly [client: number, origin: number, reached: boolean] {
  const gate = new HandshakeGate(stage)
  const octets: [number, number] = [0, 0]
  for (const [side, bytes] of turns) {
    for (let at = 0; at < bytes.length; at += size) octets[side] += gate.execute(side, bytes.subarray(at, at + size)).length
  }
  t.equal(gate.position, octets[0] + octets[1])
  return [...octets, gate.isReached]
}

for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
  t.test(version, async (t) => {
    const turns = await record(version)
    const [, first] = turns[0] as Turn
    const hello = first.readUInt16BE(3) + 5
    const [, answer] = turns.find(([side]) => side === ORIGIN) as Turn
    const serverHello = answer.readUInt16BE(3) + 5
    const total = (side: Side) => turns.reduce((sum, [of, { length }]) => (of === side ? sum + length : sum), 0)
    const seen = TLS_STAGES.map((stage) => passed(stage, turns, Number.POSITIVE_INFINITY))
    t.ok(
      seen.every(([, , reached]) => reached),
      'every stage is reached',
    )
    const [atHello, atCertificate, beforeFinished, atData] = seen
    t.same(atHello, [0, 0, true], 'not even the ClientHello')
    t.equal(atCertificate?.[0], hello)
    t.ok([serverHello, serverHello + CHANGE_CIPHER_SPEC_BYTES].includes(atCertificate?.[1] ?? 0), 'the ServerHello, and no certificate')
    t.ok((beforeFinished?.[1] ?? 0) > 600, 'the whole flight of the server')
    t.ok((atData?.[0] ?? 0) > (beforeFinished?.[0] ?? 0) && (atData?.[0] ?? 0) < total(CLIENT), 'Finished, and no data')
    for (const size of [1, 2, 3, 5, 7, 64, 1_000])
      for (const [n, stage] of TLS_STAGES.entries()) t.same(passed(stage, turns, size), seen[n], `${stage}, chunks of ${size}`)
  })
}

t.test('what is no TLS passes, to the octet', async (t) => {
  for (const text of ['GET / HTTP/1.1\r\n\r\n', 'S', '\x16\x02\x00', '\x16\x03\x01\xff\xff', '\x00\x00']) {
    const bytes = Buffer.from(text, 'latin1')
    const gate = new HandshakeGate('client_hello')
    const out = [...bytes].map((octet) => gate.execute(CLIENT, Buffer.of(octet)))
    t.ok(Buffer.concat([...out, gate.release(CLIENT)]).equals(bytes), JSON.stringify(text))
    t.equal(gate.isReached, false)
  }
})

t.test('a record that its sender never completes is given back', async (t) => {
  const gate = new HandshakeGate('certificate')
  const begun = Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 0x02])
  t.equal(gate.execute(ORIGIN, begun).length, 0)
  t.ok(gate.release(ORIGIN).equals(begun))
})
