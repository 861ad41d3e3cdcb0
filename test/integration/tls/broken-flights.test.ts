/**
 * Origins whose first flight in TLS 1.2 is broken in one place each, octet by octet: what is told of it is what OpenSSL found, and where
 * `verify_upstream: false` cannot help, the page does not offer it.
 */

import { createECDH, sign } from 'node:crypto'
import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { alpnBody, concat, u16, vector8, vector16 } from '../../support/octets/hello-bytes.ts'
import {
  alternativeNames,
  dnsName,
  extension,
  keyUsage,
  type LeafExtensions,
  type Made,
  makeCa,
  makeLeaf,
} from '../../support/pki/wrong-pki.ts'
import { openSecure } from '../../support/proxy-client.ts'
import { startTcpOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n'
const RANDOM = new Uint8Array(32).fill(7)
const ECDHE_ECDSA = 0xc02b

function message(type: number, body: Uint8Array): Uint8Array {
  return concat([0x16, 3, 3], u16(body.length + 4), [type, 0], u16(body.length), body)
}

interface HelloParts {
  readonly version?: number
  readonly sessionId?: Uint8Array
  readonly suite?: number
  readonly compression?: number
  /** Octets from the length of the extensions on. */
  readonly extensions?: Uint8Array
}

/** renegotiation_info (RFC 5746 §3.4), which a client of today insists on. */
const SECURE_RENEGOTIATION = ext(0xff01, [0])

function ext(type: number, body: ArrayLike<number> & Iterable<number>): Uint8Array {
  return concat(u16(type), vector16(body))
}

function serverHello({
  version = 0x0303,
  sessionId = new Uint8Array(0),
  suite = ECDHE_ECDSA,
  compression = 0,
  extensions,
}: HelloParts): Uint8Array {
  const block = extensions ?? vector16(SECURE_RENEGOTIATION)
  return message(2, concat(u16(version), RANDOM, vector8(sessionId), u16(suite), [compression], block))
}

function withExtensions(...extensions: Uint8Array[]): Uint8Array {
  return serverHello({ extensions: vector16(SECURE_RENEGOTIATION, ...extensions) })
}

const HELLOS: readonly (readonly [what: string, flight: Uint8Array, subReason: string, alert: number | undefined])[] = [
  ['an extension twice', withExtensions(SECURE_RENEGOTIATION), 'decode_error', undefined],
  ['an extension longer than the block', serverHello({ extensions: vector16(u16(0xff01), u16(9), [0]) }), 'decode_error', undefined],
  ['a block longer than the message', serverHello({ extensions: concat(u16(40), SECURE_RENEGOTIATION) }), 'decode_error', 50],
  ['octets behind the block', serverHello({ extensions: concat(vector16(SECURE_RENEGOTIATION), [1, 2]) }), 'decode_error', 50],
  ['no field at all', message(2, new Uint8Array(0)), 'decode_error', 50],
  ['two protocols chosen', withExtensions(ext(16, alpnBody('http/1.1', 'h2'))), 'decode_error', undefined],
  ['a session id of 33 octets', serverHello({ sessionId: new Uint8Array(33) }), 'parameters', 47],
  ['a suite that was not offered', serverHello({ suite: 0x0005 }), 'parameters', 47],
  ['compression', serverHello({ compression: 1 }), 'parameters', 47],
  ['the version in supported_versions', withExtensions(ext(43, [3, 3])), 'version', 47],
  ['TLS 1.0', serverHello({ version: 0x0301 }), 'version', 70],
  ['a Certificate in its place', message(11, Uint8Array.of(0, 0, 0)), 'unexpected_message', 10],
]

t.test('a ServerHello that is none', async (t) => {
  const harness = await EngineHarness.start(t)
  for (const [what, flight, subReason, alert] of HELLOS) {
    const { failure } = await meet(harness, () => flight)
    t.match(failure, { reason: 'handshake_alert', sub_reason: subReason, source: 'authoritative' }, what)
    t.equal(failure?.alert, alert, `${what}: the alert that went out, where it is known`)
  }
})

const ROOT = makeCa('root')

function certificate(spoilt: LeafExtensions): Made {
  return makeLeaf(ROOT, [dnsName('localhost')], {}, spoilt)
}

const CERTIFICATES: readonly (readonly [what: string, fault: string, leaf: Made])[] = [
  ['a key that is for encipherment only', 'wrong_purpose', certificate({ usage: keyUsage(0x20) })],
  ['keyUsage twice', 'malformed', certificate({ other: keyUsage(0x80) })],
  ['subjectAltName twice', 'malformed', certificate({ other: alternativeNames(dnsName('localhost')) })],
  ['a keyUsage that is no BIT STRING', 'malformed', certificate({ usage: extension('2.5.29.15', true, Uint8Array.of(1, 2, 3)) })],
  ['an extendedKeyUsage that cannot be read', 'malformed', certificate({ purpose: extension('2.5.29.37', false, Uint8Array.of(1, 2, 3)) })],
]

t.test('a certificate that TLS itself cannot use, verified or not', async (t) => {
  for (const verify of [true, false]) {
    const harness = await EngineHarness.start(t, { upstream: { verify } })
    for (const [what, fault, leaf] of CERTIFICATES) {
      const { failure, page } = await meet(harness, (hello) => flightOf(leaf, hello))
      t.match(failure, { reason: 'upstream_cert_invalid', sub_reason: fault, source: 'authoritative' }, what)
      t.match(page, { code: 'upstream_cert_invalid', remedy: /action: tunnel/ }, what)
    }
  }
})

/** ServerHello, Certificate, ServerKeyExchange (RFC 8422 §5.4) and ServerHelloDone; the signature is right. */
function flightOf({ der, privateKey }: Made, clientHello: Buffer): Uint8Array {
  const share = vector8(createECDH('prime256v1').generateKeys())
  const parameters = concat([3], u16(23), share)
  const signature = sign('sha256', concat(clientHello.subarray(11, 43), RANDOM, parameters), privateKey)
  const listed = concat([0], u16(der.length), der)
  return concat(
    serverHello({}),
    message(11, concat([0], u16(listed.length), listed)),
    message(12, concat(parameters, [4, 3], vector16(signature))),
    message(14, new Uint8Array(0)),
  )
}

/** What is told of an origin that answers a ClientHello with `flight`, and what the client reads. */
async function meet(harness: EngineHarness, flight: (hello: Buffer) => Uint8Array) {
  const origin = await startTcpOrigin((socket) => {
    socket.on('error', () => undefined).once('data', (hello) => void socket.write(flight(hello)))
  })
  harness.forget()
  const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  client.socket.write(GET)
  await client.over()
  await harness.settled(1)
  await origin.close()
  const page: unknown = JSON.parse(client.text.split('\r\n\r\n')[1] ?? '')
  return { failure: harness.named('tls_handshake_failed')[0], page }
}
