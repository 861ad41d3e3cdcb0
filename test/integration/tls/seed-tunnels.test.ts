/**
 * What the second seed's plugin did in tunnels, line by line: TLS told from what is none, the messages of a handshake followed through every
 * version and however they are split, target hosts closed by probability and others left alone, during the handshake and at any point behind it.
 */

import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openTunnel, Received } from '../../support/proxy-client.ts'
import { ORIGIN_ROOT, startHttpsOrigin, startTcpOrigin } from '../../support/test-origin.ts'

/** Below 20 s on an idle machine. */
t.setTimeout(180_000)

type Version = 'TLSv1.2' | 'TLSv1.3'

interface Visit {
  readonly host: string
  readonly version?: Version
  /** Whether the ClientHello leaves octet by octet. */
  readonly isSplit?: boolean
}

/** One tunnelled request; the answer, as far as it came. */
async function visit(harness: EngineHarness, port: number, { host, version, isSplit = false }: Visit): Promise<string> {
  const socket = await openTunnel(harness.proxyPort, `${host}:${port}`)
  socket.setNoDelay(true)
  if (isSplit) {
    const write = socket.write.bind(socket)
    let isFirst = true
    socket.write = ((chunk: Uint8Array, ...rest: never[]) => {
      if (!isFirst) return write(chunk, ...rest)
      isFirst = false
      for (const octet of chunk.subarray(0, -1)) write(Uint8Array.of(octet))
      return write(chunk.subarray(-1), ...rest)
    }) as typeof socket.write
  }
  const secure = connectTls({
    socket,
    servername: 'localhost',
    ca: ORIGIN_ROOT.certificatePem,
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
  })
  let text = ''
  await new Promise<void>((resolve) => {
    secure.on('data', (octets) => {
      text += octets
    })
    secure.once('close', () => resolve()).on('error', () => secure.destroy())
    secure.once('secureConnect', () => secure.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'))
    secure.once('end', () => secure.destroy())
  })
  socket.destroy()
  return text
}

const BODY = 'x'.repeat(50_000)

async function start(t: Test, rules: NonNullable<EngineOptionsInput['rules']>) {
  const origin = await startHttpsOrigin((_request, response) => void response.end(BODY))
  t.teardown(() => origin.close())
  return { origin, harness: await EngineHarness.start(t, { rules: [...rules, { match: {}, action: 'tunnel' }], workers: 2 }) }
}

t.test('TLS is detected, its handshake followed: versions, splits; what is none passes untouched', async (t) => {
  const { origin, harness } = await start(t, [])
  const echo = await startTcpOrigin((socket) => void socket.on('data', (octets) => void socket.write(octets)))
  t.teardown(() => echo.close())
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const isSplit of [false, true]) t.ok((await visit(harness, origin.port, { host: 'localhost', version, isSplit })).endsWith(BODY))
  const plain = new Received(await openTunnel(harness.proxyPort, `localhost:${echo.port}`))
  // The type of a handshake record, and no version of TLS.
  plain.socket.write(Buffer.from([0x16, 0x02, 0x00, 0x00, 0x05]))
  await plain.until(({ bytes }) => bytes.length === 5, 'the echo')
  t.same([...plain.bytes], [0x16, 0x02, 0x00, 0x00, 0x05])
  plain.socket.destroy()
  echo.drop()
  await harness.checkLaws(t, 5)
  const versions = harness.named('tls_handshake_succeeded').map(({ version, source }) => `${version} ${source}`)
  t.same(versions.sort(), ['TLSv1.2 inferred', 'TLSv1.2 inferred', 'TLSv1.3 inferred', 'TLSv1.3 inferred'])
  t.equal(harness.named('tls_client_hello').length, 4)
  t.same(harness.named('fault_injected'), [])
})

t.test('only the target host is hit', async (t) => {
  const { origin, harness } = await start(t, [{ name: 'target', match: { host: 'localhost' }, fault: { kind: 'tls_abort' } }])
  t.equal(await visit(harness, origin.port, { host: 'localhost' }), '')
  t.ok((await visit(harness, origin.port, { host: '127.0.0.1' })).endsWith(BODY))
  await harness.checkLaws(t, 2)
  t.match(harness.named('fault_injected'), [{ rule: 'target', server_host: 'localhost', intended: { at: 'client_hello' } }])
})

t.test('closed at any point behind the handshake, by probability, in every version', async (t) => {
  const positions = [5_000, 20_000, 40_000]
  const { origin, harness } = await start(t, [
    {
      name: 'data',
      match: { host: 'localhost' },
      fault: positions.map((bytes) => ({ kind: 'limit_bytes' as const, bytes, probability: 0.25 })),
    },
  ])
  const FLOWS = 40
  const whole: boolean[] = []
  for (let n = 0; n < FLOWS; n++) {
    const version = n % 2 === 0 ? 'TLSv1.2' : 'TLSv1.3'
    whole.push((await visit(harness, origin.port, { host: 'localhost', version })).endsWith(BODY))
  }
  await harness.checkLaws(t, FLOWS)
  const told = harness.named('fault_injected')
  t.equal(whole.filter((isWhole) => !isWhole).length, told.length, 'each that was hit was cut, and no other')
  t.same([...new Set(told.map(({ position }) => position))].sort(), positions.map((at) => at).sort(), 'at each of the places')
  t.ok(told.length > FLOWS * 0.3 && told.length < FLOWS * 0.9, `${told.length} of ${FLOWS}`)
  const cut = harness.flowEnds().filter(({ close_reason: reason }) => reason === 'fault_injected')
  t.same(
    cut.map(({ bytes_origin: octets }) => (octets ?? 0) > 0),
    cut.map(() => true),
  )
})
