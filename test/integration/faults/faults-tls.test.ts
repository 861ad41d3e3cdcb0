/**
 * Faults of TLS handshakes, in tunnels and in handshakes of our own: a client of node:tls is cut off at each stage, in each way, and
 * tells how: an alert by its number, a FIN, an RST, or silence; certificates that it must not take, by its own verdict. And what is told.
 */

import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { wasReset } from '../../../src/workers/tls/failure/was-reset.ts'
import type { FaultInput } from '../../support/armed-faults.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openTunnel } from '../../support/proxy-client.ts'
import { ORIGIN_ROOT, startHttpsOrigin, type TestOrigin } from '../../support/test-origin.ts'

/** Below 40 s on an idle machine. */
t.setTimeout(600_000)

interface Seen {
  readonly end: 'alert' | 'fin' | 'reset' | 'silence' | 'answered' | 'refused'
  readonly code: string
  /** The handshake was completed, as the client sees it. */
  readonly isSecure: boolean
}

/** How long a silence counts as one, once the fault is told and the client is as far as it comes. */
const SILENCE_MS = 300
const END_DEADLINE_MS = 60_000

/** Shakes hands with `localhost`, and asks once it has; `stall`: how far a client comes that is to hear nothing more. */
async function shake(
  harness: EngineHarness,
  port: number,
  ca: string,
  version: 'TLSv1.2' | 'TLSv1.3',
  stall?: Pick<Seen, 'isSecure'>,
): Promise<Seen> {
  const socket = await openTunnel(harness.proxyPort, `localhost:${port}`)
  const secure: TLSSocket = connectTls({
    socket,
    servername: 'localhost',
    ca,
    ALPNProtocols: ['http/1.1'],
    minVersion: version,
    maxVersion: version,
  })
  let seen: Seen | undefined
  let isSecure = false
  let isReset = false
  const settle = (end: Seen['end'], code = '') => {
    seen ??= { end, code, isSecure }
  }
  secure.on('secureConnect', () => {
    isSecure = true
    secure.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  })
  secure.on('data', (chunk: Buffer) => settle('answered', chunk.toString('latin1', 9, 12)))
  secure.on('error', (error: NodeJS.ErrnoException) => {
    if (/alert/i.test(error.message)) settle('alert', error.message)
    else if (error.code !== 'ECONNRESET') settle('refused', error.code)
    else settle(error.syscall === 'read' || isReset ? 'reset' : 'fin')
  })
  // Asked before Node's own listener closes the socket.
  secure.prependListener('end', () => {
    isReset = wasReset(secure)
  })
  secure.on('end', () => setImmediate(() => settle(isReset ? 'reset' : 'fin')))
  secure.on('close', () => settle('fin'))
  const startedAt = performance.now()
  while (seen === undefined && performance.now() - startedAt < END_DEADLINE_MS) {
    await delay(5)
    if (isSecure !== stall?.isSecure) continue
    await harness.engine.flush()
    if (harness.named('fault_injected').length === 0) continue
    await delay(SILENCE_MS)
    break
  }
  settle('silence')
  secure.destroy()
  socket.destroy()
  return seen ?? { end: 'silence', code: '', isSecure }
}

async function start(t: Test, mode: 'tunnel' | 'intercept', fault: FaultInput | FaultInput[]): Promise<EngineHarness> {
  return EngineHarness.start(t, {
    rules: [{ name: 'spoilt', match: { host: 'localhost' }, action: mode, fault }],
    limits: { handshake_timeout_ms: 60_000 },
  })
}

async function told(t: Test, harness: EngineHarness, kind: string, reason: string | undefined): Promise<void> {
  await harness.checkLaws(t, 1)
  const [injected, ...others] = harness.named('fault_injected')
  t.match(injected, { rule: 'spoilt', fault: 0, kind, phase: 'tls', unit: 'bytes' })
  t.same(others, [])
  const later = harness.events.filter(({ flow_seq }) => flow_seq > (injected?.flow_seq ?? 0))
  t.ok(later.length > 0 && later.every(({ faulted }) => faulted === true), 'what follows is marked')
  if (reason !== undefined) t.match(harness.flowEnds(), [{ close_reason: reason }])
  t.equal((await harness.metrics()).value('soth_mitm_faults_injected_total', { rule: 'spoilt', kind }), 1)
}

const STAGES = ['client_hello', 'certificate', 'before_finished', 'application_data'] as const
const HOWS = ['fin', 'reset', 'alert', 'stall'] as const

t.test('cut off', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  for (const mode of ['tunnel', 'intercept'] as const)
    for (const version of ['TLSv1.3', 'TLSv1.2'] as const)
      for (const at of STAGES)
        for (const how of HOWS) {
          if (version === 'TLSv1.2' && !isTold12(mode, at, how)) continue
          t.test(`${mode}, ${version}, ${at}, ${how}`, async (t) => {
            const harness = await start(t, mode, { kind: 'tls_abort', at, how, alert: 80 })
            const ca = mode === 'tunnel' ? ORIGIN_ROOT.certificatePem : harness.caPem
            const stall = how === 'stall' ? { isSecure: mayBeSecure(at, version) } : undefined
            const seen = await shake(harness, origin.port, ca, version, stall)
            checkSeen(t, seen, at, how, version)
            await told(t, harness, 'tls_abort', 'fault_injected')
            const { intended, applied } = harness.named('fault_injected')[0] ?? {}
            t.match(intended, { at, how })
            t.same(applied, how === 'alert' ? { alert: 80, in_clear: true } : 'as_asked')
          })
        }
})

/** Where TLS 1.2 differs: its certificate is in clear, and so are alerts before Finished. */
function isTold12(mode: string, at: string, how: string): boolean {
  return mode === 'tunnel' && (at === 'certificate' || at === 'before_finished') && (how === 'fin' || how === 'alert')
}

const mayBeSecure = (at: string, version: string) => at === 'application_data' || (at === 'before_finished' && version === 'TLSv1.3')

function checkSeen(t: Test, seen: Seen, at: (typeof STAGES)[number], how: (typeof HOWS)[number], version: string): void {
  t.equal(seen.isSecure, mayBeSecure(at, version), 'as far as the client has come')
  if (how === 'stall') t.equal(seen.end, 'silence')
  else if (how !== 'alert') t.equal(seen.end, how)
  // In clear where the client expects none any more, an alert is a record that it cannot read.
  else if (at === 'client_hello' || (version === 'TLSv1.2' && at !== 'application_data'))
    t.match(seen, { end: 'alert', code: /alert number 80|internal.error/i })
  else t.ok(['alert', 'refused', 'fin'].includes(seen.end), JSON.stringify(seen))
}

const REFUSALS: readonly (readonly [FaultInput, Partial<Record<keyof Seen, unknown>>])[] = [
  [
    { kind: 'tls_refuse', what: 'version' },
    { end: 'alert', code: /protocol.version|number 70/i },
  ],
  [
    { kind: 'tls_refuse', what: 'alpn' },
    { end: 'alert', code: /no.application.protocol|number 120/i },
  ],
  [
    { kind: 'tls_certificate', defect: 'expired' },
    { end: 'refused', code: 'CERT_HAS_EXPIRED' },
  ],
  [
    { kind: 'tls_certificate', defect: 'not_yet_valid' },
    { end: 'refused', code: 'CERT_NOT_YET_VALID' },
  ],
  [
    { kind: 'tls_certificate', defect: 'wrong_name' },
    { end: 'refused', code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  ],
  [
    { kind: 'tls_certificate', defect: 'self_signed' },
    { end: 'refused', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  ],
  [
    { kind: 'tls_certificate', defect: 'unknown_ca' },
    { end: 'refused', code: /UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT_LOCALLY)/ },
  ],
]

t.test('refused, and certificates that are none', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  for (const [fault, expected] of REFUSALS) {
    t.test(JSON.stringify(fault), async (t) => {
      const harness = await start(t, 'intercept', { ...fault, times: 1 } as FaultInput)
      t.match(await shake(harness, origin.port, harness.caPem, 'TLSv1.3'), expected)
      await told(t, harness, fault.kind as string, fault.kind === 'tls_refuse' ? 'fault_injected' : undefined)
      t.match(
        await shake(harness, origin.port, harness.caPem, 'TLSv1.3'),
        { end: 'answered', code: '200' },
        'the next is shown the good one',
      )
    })
    t.test(`${JSON.stringify(fault)}, in a tunnel`, async (t) => {
      const harness = await start(t, 'tunnel', fault)
      t.match(await shake(harness, origin.port, ORIGIN_ROOT.certificatePem, 'TLSv1.3'), { end: 'answered', code: '200' })
      await harness.settled(1)
      t.match(harness.named('fault_injected'), [{ applied: { not_applicable: 'the tunnel is not opened' } }])
    })
  }
})

t.test('upstream: the client gets the usual 502', async (t) => {
  const origin: TestOrigin = await startHttpsOrigin((_request, response) => void response.end('answer'))
  t.teardown(() => origin.close())
  for (const at of ['client_hello', 'certificate', 'before_finished'] as const)
    for (const how of ['fin', 'reset', 'alert'] as const)
      t.test(`${at}, ${how}`, async (t) => {
        const harness = await start(t, 'intercept', { kind: 'tls_abort', side: 'upstream', at, how })
        t.match(await shake(harness, origin.port, harness.caPem, 'TLSv1.3'), { end: 'answered', code: '502', isSecure: true })
        await told(t, harness, 'tls_abort', undefined)
        t.match(harness.named('tls_handshake_failed'), [{ side: 'upstream', faulted: true }])
      })
})

t.test('what is no TLS passes in a tunnel whose handshake would be met', async (t) => {
  const { startTcpOrigin } = await import('../../support/test-origin.ts')
  const origin = await startTcpOrigin((socket) => void socket.on('data', (chunk) => void socket.write(chunk)).on('end', () => socket.end()))
  t.teardown(() => origin.close())
  const harness = await start(t, 'tunnel', { kind: 'tls_abort' })
  const socket = await openTunnel(harness.proxyPort, `localhost:${origin.port}`)
  const echo = new Promise((resolve) => socket.once('data', (chunk) => resolve(String(chunk))).resume())
  socket.write('plain text')
  t.equal(await echo, 'plain text')
  socket.end()
  await harness.checkLaws(t, 1)
  t.same(harness.named('fault_injected'), [])
  t.match(harness.flowEnds(), [{ close_reason: 'relay_eof' }])
})
