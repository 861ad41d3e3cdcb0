/**
 * Origins whose certificate is wrong in one way each, through the whole engine: the event names the exact fault, and so does
 * the 502 that the client gets, as JSON and as text. Right certificates of every odd shape pass.
 */

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Server, type TLSSocket, connect as tlsConnect } from 'node:tls'
import t, { type Test } from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { HOST, ROOT, ROOTS, STAPLING_LEAF, WRONG_CERTIFICATES, type WrongCertificate } from '../../support/pki/wrong-certificates.ts'
import {
  dnsName,
  ipName,
  type Made,
  makeCa,
  makeLeaf,
  OCSP_GOOD,
  OCSP_REVOKED,
  OCSP_UNKNOWN,
  ocspResponse,
} from '../../support/pki/wrong-pki.ts'

t.setTimeout(600_000)

/** Serves `chain`, whatever is wrong with it, and answers each request with 200. */
async function serve(chain: readonly [Made, ...Made[]], staple?: Buffer): Promise<{ port: number; server: Server }> {
  const [leaf] = chain
  const server = createServer({
    key: leaf.keyPem,
    cert: chain.map(({ pem }) => pem).join(''),
    // OpenSSL would not serve weak keys and digests at its default level.
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'))
  })
  server.on('tlsClientError', () => undefined)
  if (staple !== undefined)
    server.on('OCSPRequest', (_certificate, _issuer, answer: (error: Error | null, response: Buffer) => void) => answer(null, staple))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, server }
}

async function start(t: Test): Promise<EngineHarness> {
  const directory = mkdtempSync(join(tmpdir(), 'soth-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'roots.pem')
  writeFileSync(file, ROOTS.map(({ pem }) => pem).join(''))
  return EngineHarness.start(t, { upstream: { extra_ca_file: file } })
}

/** A request through the engine to the origin at `port`, asked for by `host`; resolves to the raw response. */
async function ask(proxyPort: number, port: number, host: string | undefined, accept: string): Promise<string> {
  const tcp = connect(proxyPort, '127.0.0.1')
  tcp.on('error', () => undefined)
  tcp.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  await once(tcp, 'data')
  const secure = tlsConnect({ socket: tcp, rejectUnauthorized: false, ...(host === undefined ? {} : { servername: host }) })
  let response = ''
  secure.setEncoding('utf8').on('data', (text: string) => {
    response += text
  })
  secure.on('error', () => undefined)
  secure.write(`GET / HTTP/1.1\r\nHost: ${host ?? '127.0.0.1'}\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`)
  await once(secure, 'close')
  return response
}

t.test('wrong in one way each', async (t) => {
  const harness = await start(t)
  t.ok(WRONG_CERTIFICATES.length >= 70, `${WRONG_CERTIFICATES.length} certificates`)
  t.equal(new Set(WRONG_CERTIFICATES.map(({ name }) => name)).size, WRONG_CERTIFICATES.length)
  for (const wrong of WRONG_CERTIFICATES) await t.test(`${wrong.fault}: ${wrong.name}`, (t) => judge(t, harness, wrong))
})

async function judge(t: Test, harness: EngineHarness, { chain, fault, host, staple }: WrongCertificate): Promise<void> {
  const { port, server } = await serve(chain, staple)
  harness.forget()
  const json = await ask(harness.proxyPort, port, host, 'application/json')
  const text = await ask(harness.proxyPort, port, host, 'text/plain')
  server.close()
  t.match(json, /^HTTP\/1\.1 502 /)
  t.match(text, /^HTTP\/1\.1 502 /)
  const body = JSON.parse(json.slice(json.indexOf('\r\n\r\n') + 4))
  t.match(JSON.stringify(body), `upstream_cert_invalid: ${fault}`)
  t.match(text, `upstream_cert_invalid: ${fault}`)
  await harness.settled(2)
  const failures = harness.named('tls_handshake_failed')
  t.equal(failures.length, 2)
  for (const failure of failures) {
    t.match(failure, { side: 'upstream', reason: 'upstream_cert_invalid', sub_reason: fault, source: 'authoritative', provider: 'native' })
  }
}

t.test('right ones of odd shapes pass, and what they staple is told', async (t) => {
  const harness = await start(t)
  const plain = makeLeaf(ROOT, [dnsName(HOST)])
  const below = makeCa('right intermediate', ROOT)
  const RIGHT: readonly (readonly [
    name: string,
    chain: readonly [Made, ...Made[]],
    host: string | undefined,
    staple?: Buffer,
    ocsp?: string,
  ])[] = [
    ['a plain one', [plain], HOST],
    ['in capitals', [makeLeaf(ROOT, [dnsName(HOST.toUpperCase())])], HOST],
    ['a wildcard', [makeLeaf(ROOT, [dnsName('*.origin.example')])], HOST],
    ['an A-label', [makeLeaf(ROOT, [dnsName('xn--bcher-kva.example')])], 'xn--bcher-kva.example'],
    ['an address', [makeLeaf(ROOT, [ipName(127, 0, 0, 1)])], undefined],
    ['with its root and a stranger', [makeLeaf(below, [dnsName(HOST)]), makeCa('stranger'), ROOT, below], HOST],
    ['stapled: good', [plain], HOST, ocspResponse(plain, ROOT, OCSP_GOOD), 'good'],
    ['stapled: unknown', [plain], HOST, ocspResponse(plain, ROOT, OCSP_UNKNOWN), 'unknown'],
    ['stapled: another certificate is revoked', [plain], HOST, ocspResponse(below, ROOT, OCSP_REVOKED), 'invalid'],
    ['stapled: revoked, by nobody who may say so', [plain], HOST, ocspResponse(plain, ROOT, OCSP_REVOKED, { signer: plain }), 'invalid'],
    ['stapled: good, as demanded', [STAPLING_LEAF], HOST, ocspResponse(STAPLING_LEAF, ROOT, OCSP_GOOD), 'good'],
    ['stapled: octets', [plain], HOST, Buffer.from('30030a0106', 'hex'), 'invalid'],
  ]
  for (const [name, chain, host, staple, ocsp] of RIGHT) {
    const { port, server } = await serve(chain, staple)
    harness.forget()
    t.match(await ask(harness.proxyPort, port, host, '*/*'), /^HTTP\/1\.1 200 /, name)
    server.close()
    await harness.settled(1)
    const [event] = harness.named('tls_handshake_succeeded')
    t.match(event, { side: 'upstream', ocsp_stapled: staple !== undefined }, name)
    t.equal(event?.ocsp, ocsp, name)
  }
})

t.test('upstream.verify false takes any of them', async (t) => {
  const harness = await EngineHarness.start(t, { upstream: { verify: false } })
  for (const wrong of WRONG_CERTIFICATES.filter(({ name }) =>
    /self-signed$|expired yesterday|another host|as its staple says/.test(name),
  )) {
    const { port, server } = await serve(wrong.chain, wrong.staple)
    t.match(await ask(harness.proxyPort, port, wrong.host, '*/*'), /^HTTP\/1\.1 200 /, wrong.name)
    server.close()
  }
})
