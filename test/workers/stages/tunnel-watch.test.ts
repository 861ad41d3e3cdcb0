/** TunnelWatch: what a tunnel's first octets let be told, once, and always as inferred. */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../src/shared/side.ts'
import { PASS } from '../../../src/workers/layers/layer.ts'
import type { Session } from '../../../src/workers/session.ts'
import { watchTunnel } from '../../../src/workers/stages/tunnel-watch.ts'
import {
  alpnBody,
  concat,
  HELLO_RANDOM,
  handshakeMessage,
  helloBytes,
  records,
  u16,
  vector8,
  vector16,
} from '../../support/octets/hello-bytes.ts'

interface Told {
  readonly name: string
  readonly values: Record<string, unknown>
}

function watch() {
  const told: Told[] = []
  const ticket = { decision: { action: 'tunnel' } }
  const session = { ticket, emit: (name: string, values: Record<string, unknown>) => told.push({ name, values }) }
  return { layer: watchTunnel(session as unknown as Session), told }
}

const HELLO = helloBytes()
const ALERT_48 = Uint8Array.of(0x15, 3, 3, 0, 2, 2, 48)
const APPLICATION_DATA = records(new Uint8Array(40), 16_384, 0x17)

/** A ServerHello of TLS 1.2 that resumes nothing: suite 0xc02f, ALPN http/1.1. */
function serverHello(): Uint8Array {
  const alpn = concat(u16(16), vector16(alpnBody('http/1.1')))
  return records(handshakeMessage(2, concat([3, 3], HELLO_RANDOM, vector8([]), u16(0xc02f), [0], vector16(alpn))))
}

t.test('the hello is told at once, and once', async (t) => {
  const { layer, told } = watch()
  for (const octet of HELLO) t.equal(layer.execute(CLIENT, Uint8Array.of(octet)), PASS)
  t.match(told, [
    { name: 'tls_client_hello', values: { sni: 'a.example' } },
    { name: 'tls_handshake_started', values: { side: 'client', source: 'inferred', sni: 'a.example' } },
  ])
  t.equal(told.length, 2)
})

t.test('a handshake that comes through, with what the server chose in clear', async (t) => {
  const { layer, told } = watch()
  layer.execute(CLIENT, HELLO)
  layer.execute(ORIGIN, serverHello())
  const finished = concat([0x14, 3, 3, 0, 1, 1], records(new Uint8Array(40)))
  layer.execute(CLIENT, finished)
  layer.execute(ORIGIN, finished)
  layer.execute(CLIENT, APPLICATION_DATA)
  layer.execute(ORIGIN, APPLICATION_DATA)
  t.equal(told.length, 3)
  t.match(told[2], {
    name: 'tls_handshake_succeeded',
    values: {
      ...{ side: 'client', source: 'inferred', version: 'TLSv1.2' },
      ...{ cipher: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', alpn: 'http/1.1', duration_ms: Number },
    },
  })
})

t.test('a client that refuses the certificate', async (t) => {
  const { layer, told } = watch()
  layer.execute(CLIENT, HELLO)
  layer.execute(ORIGIN, serverHello())
  layer.execute(CLIENT, ALERT_48)
  layer.finish(CLIENT)
  t.match(told.slice(2), [{ name: 'tls_handshake_failed', values: { side: 'client', reason: 'unknown_ca', alert: 48 } }])
  t.equal(told.length, 3)
})

t.test('what is no TLS is told of the side that sent it, also where it answers a hello', async (t) => {
  for (const [side, name] of [
    [CLIENT, 'client'],
    [ORIGIN, 'upstream'],
  ] as const) {
    const { layer, told } = watch()
    layer.execute(side, Buffer.from('SSH-2.0-x\r\n'))
    t.equal(told[0]?.values['sub_reason'], 'text')
    t.match(told, [{ name: 'tls_handshake_failed', values: { side: name, source: 'inferred', reason: 'not_tls', phase: 'before_hello' } }])
    t.equal(told.length, 1)
  }
  const { layer, told } = watch()
  layer.execute(CLIENT, HELLO)
  layer.execute(ORIGIN, Buffer.from('HTTP/1.1 400 Bad Request\r\n'))
  layer.finish(ORIGIN)
  t.match(told.slice(2), [
    { name: 'tls_handshake_failed', values: { side: 'upstream', reason: 'not_tls', sub_reason: 'text', phase: 'hello' } },
  ])
  t.equal(told.length, 3)
})
