/** Alerts: a name for each of the 256 numbers, and the number that an error of Node tells of, by each of its three ways. */

import t from 'tap'
import { alertName, alertOfError } from '../../../../src/workers/tls/records/alert.ts'

t.test('names', async (t) => {
  const names = Array.from({ length: 256 }, (_, number) => alertName(number))
  t.equal(new Set(names).size, 256, 'no name twice')
  t.ok(names.every((name, number) => (name.startsWith('unassigned_') ? name === `unassigned_${number}` : /^[a-z_]+$/.test(name))))
  for (const [number, name] of [
    [0, 'close_notify'],
    [48, 'unknown_ca'],
    [119, 'unassigned_119'],
    [120, 'no_application_protocol'],
  ] as const) {
    t.equal(alertName(number), name)
  }
})

const ERRORS: readonly (readonly [code: string, message: string, alert: number])[] = [
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', '…:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:…:SSL alert number 48\n', 48],
  ['ERR_SSL_X', 'SSL alert number 0', 0],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'SSL alert number 42', 42],
  ['ERR_SSL_X', 'error:0A000416:SSL routines', 46],
  ['ERR_SSL_X', 'error:0a000416:SSL routines', 46],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', '', 46],
  ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN', '', 46],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', '', 112],
  ['ERR_SSL_TLSV1_ALERT_NO_RENEGOTIATION', '', 100],
  ['ERR_SSL_NO_RENEGOTIATION', 'error:0A000153:SSL routines::no renegotiation', 100],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'error:0A00010B:SSL routines::wrong version number', -1],
  ['ECONNRESET', 'read ECONNRESET', -1],
  ['', '', -1],
]

t.test('errors', async (t) => {
  for (const [code, message, alert] of ERRORS) t.equal(alertOfError(code, message), alert, `${code} ${message}`)
})
