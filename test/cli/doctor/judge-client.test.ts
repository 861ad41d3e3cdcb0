/**
 * Verdicts on clients, from events made by hand; real clients are in doctor-command.test.ts.
 */

import t from 'tap'
import { CLIENT_PROBES, type ClientProbe } from '../../../src/cli/doctor/client-probes.ts'
import { judgeClient } from '../../../src/cli/doctor/judge-client.ts'
import { tellingLine } from '../../../src/cli/doctor/probe-rig.ts'
import { TRUST_TARGETS } from '../../../src/cli/trust/trust-table.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'

const probe = (name: string) => CLIENT_PROBES.find((entry) => entry.name === name) as ClientProbe
const failed = (side: string, reason: string, sub_reason?: string) =>
  ({ event: 'tls_handshake_failed', side, reason, sub_reason, phase: 'mid_handshake', source: 'authoritative' }) as unknown as SothEvent
const asked = { event: 'request_headers' } as SothEvent

t.test('verdicts come from what the engine saw', async (t) => {
  const table = [
    ['curl', [asked], 'ok'],
    ['curl', [failed('client', 'unknown_ca')], 'untrusted'],
    ['java', [failed('client', 'cert_validation', 'certificate_unknown')], 'untrusted'],
    ['node', [failed('client', 'eof', 'client_rejected_silently')], 'untrusted'],
    ['wget', [failed('client', 'reset', 'reset_after_finished')], 'untrusted'],
    ['curl', [failed('client', 'handshake_alert', 'version')], 'failed'],
    ['curl', [failed('upstream', 'upstream_cert_invalid', 'unknown_ca')], 'failed'],
    ['curl', [], 'skipped'],
  ] as const
  for (const [name, events, status] of table) {
    const finding = judgeClient(probe(name), `/usr/bin/${name}`, { events, said: 'it says', timedOut: false }, 'do this')
    t.equal(finding.status, status, `${name}: ${status}`)
  }
})

t.test('remedies and reasons', async (t) => {
  const refused = { events: [failed('client', 'unknown_ca')], said: '', timedOut: false }
  t.equal(
    judgeClient(probe('python-ssl'), 'p', refused, 'export A=b').remedy,
    'export A=b (soth-mitm ca trust --target python) · for one run: soth-mitm exec -- python3 …',
  )
  t.match(judgeClient(probe('wget'), 'p', refused, 'x').remedy, /exec -- wget/)
  const silent = { events: [], said: "ModuleNotFoundError: No module named 'requests'", timedOut: false }
  t.match(judgeClient(probe('python-requests'), 'p', silent, ''), { status: 'skipped', detail: /^it is not there: / })
  t.match(judgeClient(probe('go'), 'p', { ...silent, said: '', timedOut: true }, ''), { detail: 'no connection in 90000 ms' })
})

t.test('every probe has its remedy in the trust table', async (t) => {
  for (const { name, target } of CLIENT_PROBES)
    t.ok(
      TRUST_TARGETS.some(({ id }) => id === target),
      name,
    )
})

t.test('the telling line', async (t) => {
  t.equal(tellingLine('Traceback\nssl.Error: certificate verify failed\nexit\n'), 'ssl.Error: certificate verify failed')
  t.equal(tellingLine('one\ntwo\n\n'), 'two')
  t.equal(tellingLine(''), '')
})
