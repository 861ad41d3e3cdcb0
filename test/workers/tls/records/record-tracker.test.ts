/**
 * The record tracker sees in flows made for the purpose what is there to be seen, without a key, in every split (RFC 8446, RFC 5246).
 */

import fc from 'fast-check'
import t from 'tap'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import {
  concat,
  handshakeMessage,
  helloBytes,
  list16,
  records,
  sniBody,
  u16,
  vector8,
  vector16,
} from '../../../support/octets/hello-bytes.ts'
import { type Turn, watch, watchSplit } from '../../../support/recorders/watched-turns.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const HELLO13 = helloBytes({
  extensions: [
    [0, sniBody('a.example')],
    [43, vector8(list16([0x0304]))],
  ],
})
const EARLY13 = helloBytes({
  extensions: [
    [42, hex('')],
    [41, hex('00')],
    [43, vector8(list16([0x0304]))],
  ],
})
const CCS = hex('14 03 03 00 01 01')
const RETRY = hex('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c')

function serverHello(
  version: number,
  options: { suite?: number; random?: Uint8Array; psk?: boolean; session?: Uint8Array } = {},
): Uint8Array {
  const extensions = concat(
    version === 0x0304 ? concat(u16(43), vector16(u16(version))) : [],
    options.psk ? concat(u16(41), vector16([0, 0])) : [],
  )
  const body = concat(
    u16(Math.min(version, 0x0303)),
    options.random ?? new Uint8Array(32),
    vector8(options.session ?? []),
    u16(options.suite ?? 0x1301),
    [0],
    vector16(extensions),
  )
  return records(handshakeMessage(2, body))
}

function sealed(octets: number, type = 0x17): Uint8Array {
  return concat([type, 3, 3], u16(octets), new Uint8Array(octets))
}

const FLIGHT13: readonly Turn[] = [
  [CLIENT, HELLO13],
  [ORIGIN, serverHello(0x0304)],
  [ORIGIN, concat(CCS, sealed(23), sealed(446), sealed(95), sealed(53))],
]

t.test('TLS 1.3: Finished, tickets, data and alerts are told by length and order', async (t) => {
  const start = [
    'client message 1',
    'client hello a.example',
    'origin message 2',
    'server hello TLSv1.3 TLS_AES_128_GCM_SHA256',
    'origin encrypted',
  ]
  const finished = watchSplit([...FLIGHT13, [CLIENT, concat(CCS, sealed(53))], [ORIGIN, sealed(250)], [CLIENT, sealed(40)]])
  t.strictSame(finished.lines, [...start, 'client encrypted', 'origin data', 'client data'])
  t.strictSame(finished.facts.finished, [true, true])

  const alerted = watchSplit([...FLIGHT13, [CLIENT, concat(CCS, sealed(19))]])
  t.strictSame(alerted.facts.encryptedAlert, [true, false])
  t.strictSame(alerted.facts.finished, [false, false])

  const padded = watch([...FLIGHT13, [CLIENT, concat(CCS, sealed(35))]])
  t.strictSame(padded.facts.encryptedAlert, [true, false], 'an alert that is padded, as Java’s are')

  const clear = watchSplit([...FLIGHT13, [CLIENT, hex('15 03 03 00 02 02 30')]])
  t.strictSame(clear.lines, [...start, 'client alert 2 48'])
  t.equal(clear.facts.fatalAlert[CLIENT], 48)

  const closed = watch([...FLIGHT13, [CLIENT, concat(CCS, sealed(53))], [CLIENT, sealed(19)]])
  t.strictSame(closed.facts.applicationData, [false, false], 'close_notify is no data')
})

t.test('TLS 1.3 with another hash and another tag', async (t) => {
  const sha384: readonly Turn[] = [
    [CLIENT, HELLO13],
    [ORIGIN, serverHello(0x0304, { suite: 0x1302 })],
    [CLIENT, concat(CCS, sealed(69), sealed(40))],
  ]
  t.strictSame(watch(sha384).facts.applicationData, [true, false])
  const ccm8: readonly Turn[] = [
    [CLIENT, HELLO13],
    [ORIGIN, serverHello(0x0304, { suite: 0x1305 })],
    [CLIENT, concat(CCS, sealed(45), sealed(40))],
  ]
  t.strictSame(watch(ccm8).facts.applicationData, [true, false])
})

t.test('TLS 1.3 with a certificate of the client, in one record or in three', async (t) => {
  const three = watch([...FLIGHT13, [CLIENT, concat(CCS, sealed(700), sealed(95), sealed(53))], [CLIENT, sealed(30)]])
  t.strictSame(three.facts.finished, [true, true])
  t.strictSame(three.facts.applicationData, [true, false])
  const empty = watch([...FLIGHT13, [CLIENT, concat(CCS, sealed(25), sealed(53))], [ORIGIN, sealed(19)]])
  t.strictSame(empty.facts.encryptedAlert, [false, true], 'an empty certificate is no alert; the server’s answer to it is')
  const one = watch([...FLIGHT13, [CLIENT, concat(CCS, sealed(900))], [ORIGIN, sealed(250)], [CLIENT, sealed(30)]])
  t.strictSame(one.facts.finished, [true, true])
  t.strictSame(one.facts.applicationData, [true, true])
})

t.test('TLS 1.3: a second hello after HelloRetryRequest, and early data that is no data yet', async (t) => {
  const retried = watchSplit([
    [CLIENT, EARLY13],
    [CLIENT, concat(CCS, sealed(60), sealed(19), sealed(53))],
    [ORIGIN, concat(serverHello(0x0304, { random: RETRY }), CCS)],
    [CLIENT, concat(sealed(53), HELLO13)],
    [ORIGIN, concat(serverHello(0x0304, { psk: true }), sealed(23), sealed(53))],
    [CLIENT, concat(sealed(21), sealed(53))],
    [CLIENT, sealed(99)],
  ])
  t.strictSame(retried.lines, [
    'client message 1',
    'client hello -',
    'origin message 2',
    'server hello TLSv1.3 TLS_AES_128_GCM_SHA256 retry',
    'client message 1',
    'client hello a.example',
    'origin message 2',
    'server hello TLSv1.3 TLS_AES_128_GCM_SHA256 psk',
    'origin encrypted',
    'client encrypted',
    'client data',
  ])
  t.ok(retried.facts.retried)
  t.ok(retried.facts.resumed)
  t.equal(retried.facts.clientHello?.sni, undefined, 'the first hello stays')
})

t.test('TLS 1.2: an abbreviated handshake is a resumed one', async (t) => {
  const { facts } = watchSplit([
    [CLIENT, helloBytes({ sessionId: new Uint8Array(32) })],
    [ORIGIN, concat(serverHello(0x0303, { suite: 0xc02b, session: new Uint8Array(32) }), CCS, sealed(40, 0x16))],
    [CLIENT, concat(CCS, sealed(40, 0x16), sealed(90))],
  ])
  t.ok(facts.resumed)
  t.strictSame(facts.finished, [true, true])
  t.strictSame(facts.applicationData, [true, false])
})

const FIRST: readonly (readonly [name: string, turns: readonly Turn[], lines: readonly string[]])[] = [
  ['cleartext HTTP', [[CLIENT, Buffer.from('GET / HTTP/1.1')]], ['client not tls, text']],
  ['one octet is enough', [[CLIENT, hex('00')]], ['client not tls']],
  ['a server that speaks first', [[ORIGIN, Buffer.from('220 mail')]], ['origin not tls, text']],
  ['a record type without TLS', [[CLIENT, hex('16 02')]], ['client not tls']],
  ['an SSL 2.0 length without a hello', [[CLIENT, hex('80 10 02')]], ['client not tls']],
  ['an SSL 2.0 length and type without a version', [[CLIENT, hex('80 10 01 09')]], ['client not tls']],
  [
    'a hello in SSL 2.0 format',
    [[CLIENT, concat(hex('80 06 01 03 01 00 00 00'), hex('15 03 01 00 02 01 00'))]],
    ['client message 1', 'client client_hello_ssl2', 'client alert 1 0'],
  ],
  ['an SSL 2.0 hello that is too short', [[CLIENT, hex('80 02 01 03 01')]], ['client tls_record_type']],
  [
    'an answer that is no TLS',
    [
      [CLIENT, HELLO13],
      [ORIGIN, Buffer.from('HTTP/1.1 400')],
    ],
    ['client message 1', 'client hello a.example', 'origin tls_record_type'],
  ],
  [
    'no TLS after a record',
    [[CLIENT, concat(HELLO13, hex('47 45 54 20 2f'))]],
    ['client message 1', 'client hello a.example', 'client tls_record_type'],
  ],
  [
    'a record of 18,433 octets',
    [[CLIENT, concat(HELLO13, hex('17 03 03 48 01'))]],
    ['client message 1', 'client hello a.example', 'client tls_record_too_long'],
  ],
  [
    'a hello that is too long',
    [[CLIENT, concat(hex('16 03 01 00 04 01 00 40 01'), hex('15 03 01 00 02 02 32'))]],
    ['client message 1', 'client client_hello_too_long', 'client alert 2 50'],
  ],
  [
    'a hello that is broken',
    [[CLIENT, concat(records(handshakeMessage(1, hex('03 03'))), hex('15 03 01 00 02 02 32'))]],
    ['client message 1', 'client client_hello_malformed', 'client alert 2 50'],
  ],
  ['an empty hello', [[CLIENT, records(handshakeMessage(1, hex('')))]], ['client message 1', 'client client_hello_malformed']],
  [
    'a ServerHello that is too long',
    [
      [CLIENT, HELLO13],
      [ORIGIN, hex('16 03 03 00 04 02 00 10 01')],
    ],
    ['client message 1', 'client hello a.example', 'origin message 2', 'origin tls_record_server_hello_too_long'],
  ],
  [
    'a ServerHello that is broken',
    [
      [CLIENT, HELLO13],
      [ORIGIN, records(handshakeMessage(2, hex('03 03')))],
    ],
    ['client message 1', 'client hello a.example', 'origin message 2', 'origin tls_record_server_hello_malformed'],
  ],
  ['a record without octets', [[CLIENT, concat(hex('16 03 01 00 00'), HELLO13)]], ['client message 1', 'client hello a.example']],
  ['a heartbeat', [[CLIENT, concat(HELLO13, hex('18 03 03 00 03 01 40 00'))]], ['client message 1', 'client hello a.example']],
]

t.test('first octets, and rules that are broken', async (t) => {
  for (const [name, turns, lines] of FIRST) t.strictSame(watchSplit(turns).lines, lines, name)
})

t.test('warnings are no end before TLS 1.3; in it the level means nothing', async (t) => {
  const warning = hex('15 03 03 00 02 01 70')
  t.equal(
    watch([
      [CLIENT, HELLO13],
      [ORIGIN, concat(warning, serverHello(0x0303))],
    ]).facts.fatalAlert[ORIGIN],
    -1,
  )
  t.equal(watch([...FLIGHT13, [CLIENT, hex('15 03 03 00 02 01 2a')]]).facts.fatalAlert[CLIENT], 42)
  const closing = watch([...FLIGHT13, [CLIENT, hex('15 03 03 00 02 01 00')]]).facts
  t.strictSame(closing.clearAlert, [true, false])
  t.equal(closing.fatalAlert[CLIENT], -1)
})

const ALERTS: readonly (readonly [name: string, records: string, lines: readonly string[], fatal: number])[] = [
  ['two in one record (RFC 5246 §6.2.1)', '15 03 03 00 04 02 30 01 00', ['client alert 2 48', 'client alert 1 0'], 48],
  ['one in two records', '15 03 03 00 01 02 15 03 03 00 01 30', ['client alert 2 48'], 48],
  ['one in two, and a record without an octet between', '15 03 03 00 01 02 15 03 03 00 00 15 03 03 00 01 30', ['client alert 2 48'], 48],
  ['half of one, and another record', '15 03 03 00 01 02 14 03 03 00 01 01 15 03 03 00 02 02 2a', ['client alert 2 42'], 42],
  ['one and a half', '15 03 03 00 03 02 30 01', ['client alert 2 48'], 48],
  ['none', '15 03 03 00 00', [], -1],
]

t.test('alerts in clear, however records cut or join them, are those that were sent', async (t) => {
  for (const [name, octets, lines, fatal] of ALERTS) {
    for (const start of [[[CLIENT, HELLO13]], FLIGHT13] as const) {
      const { facts, lines: told } = watchSplit([...start, [CLIENT, hex(octets)]])
      t.strictSame(
        told.filter((line) => line.startsWith('client alert')),
        lines,
        name,
      )
      t.equal(facts.fatalAlert[CLIENT], fatal, name)
      t.strictSame(facts.encryptedAlert, [false, false], name)
    }
  }
})

t.test('property: any octets, any split, any order: the same facts, never a throw', async (t) => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(
      HELLO13,
      EARLY13,
      serverHello(0x0304),
      serverHello(0x0303),
      CCS,
      sealed(19),
      sealed(53),
      sealed(40, 0x16),
      hex('15 03 03 00 02 02 28'),
      hex('15 03 03 00 01 02'),
    ),
  )
  const turns = fc.array(fc.tuple(fc.constantFrom<Side>(CLIENT, ORIGIN), piece), { maxLength: 10 })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(turns, (given) => {
        const whole = watch(given)
        const octets = watch(given.flatMap(([side, bytes]) => Array.from(bytes, (octet): Turn => [side, Uint8Array.of(octet)])))
        return JSON.stringify(whole) === JSON.stringify(octets)
      }),
      { numRuns: 1500 },
    ),
  )
})
