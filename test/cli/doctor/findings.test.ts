/**
 * What counts as failed, and the lines that people read.
 */

import t from 'tap'
import { type Check, type ClientFinding, checkLines, clientLines, findingsOf } from '../../../src/cli/doctor/findings.ts'

const check = (status: Check['status']): Check => ({ name: 'clock', status, detail: 'x' })
const client = (status: ClientFinding['status']): ClientFinding => ({ name: 'curl', status, detail: 'x' })

t.test('what counts as failed', async (t) => {
  t.equal(findingsOf([check('ok'), check('warning')], [client('ok'), client('skipped')]).ok, true)
  t.equal(findingsOf([check('failed')], []).ok, false)
  t.equal(findingsOf([], [client('untrusted')]).ok, false)
  t.equal(findingsOf([], [client('failed')]).ok, false)
})

t.test('lines', async (t) => {
  t.equal(checkLines({ ...check('failed'), remedy: 'set it' }), `  FAILED      clock             x\n${' '.repeat(30)}→ set it\n`)
  const failure = {
    side: 'client',
    reason: 'cert_validation',
    sub_reason: 'bad_certificate',
    alert: 42,
    phase: 'mid_handshake',
    source: 'authoritative',
  }
  t.match(
    clientLines({ ...client('untrusted'), detail: 'it says', failure }),
    'UNTRUSTED   curl              client: cert_validation/bad_certificate (alert 42), mid_handshake, authoritative: it says\n',
  )
  const same = { side: 'client', reason: 'unknown_ca', sub_reason: 'unknown_ca', phase: 'mid_handshake', source: 'authoritative' }
  t.match(clientLines({ ...client('failed'), detail: '', failure: same }), 'client: unknown_ca, mid_handshake, authoritative\n')
})
