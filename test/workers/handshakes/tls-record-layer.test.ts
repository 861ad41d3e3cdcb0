/**
 * The TLS record layer passes every octet and end, and tells exactly one handshake outcome per connection.
 */

import t from 'tap'
import type { CloseReason } from '../../../src/shared/events/close-reasons.ts'
import { CLIENT, ORIGIN, type Side } from '../../../src/shared/side.ts'
import { TlsRecordLayer } from '../../../src/workers/handshakes/tls-record-layer.ts'
import { PASS } from '../../../src/workers/layers/layer.ts'
import { type HandshakeOutcome, handshakeOutcome, type WatchedEnd } from '../../../src/workers/tls/failure/handshake-outcome.ts'
import type { ServerHello } from '../../../src/workers/tls/hello/server-hello.ts'
import { HandshakeFacts } from '../../../src/workers/tls/records/handshake-facts.ts'
import { RecordTracker } from '../../../src/workers/tls/records/record-tracker.ts'
import { helloBytes } from '../../support/octets/hello-bytes.ts'
import { RecordRecorder } from '../../support/recorders/record-recorder.ts'

const HELLO = helloBytes()
const ALERT_48 = Uint8Array.of(0x15, 3, 3, 0, 2, 2, 48)

function open(): { layer: TlsRecordLayer; lines: () => string[] } {
  const recorder = new RecordRecorder()
  return { layer: new TlsRecordLayer(recorder), lines: () => recorder.lines.filter((line) => /^(?:succeeded|failed)/.test(line)) }
}

t.test('every byte and every end passes', async (t) => {
  const { layer } = open()
  t.equal(layer.execute(CLIENT, HELLO), PASS)
  t.equal(layer.execute(ORIGIN, Buffer.from('HTTP/1.1 400')), PASS)
  t.equal(layer.execute(CLIENT, HELLO), PASS)
  t.equal(layer.finish(CLIENT), PASS)
  t.equal(layer.resume(), PASS)
  t.ok(layer.facts.opaque)
})

t.test('one outcome per connection', async (t) => {
  const { layer, lines } = open()
  layer.execute(CLIENT, HELLO)
  layer.execute(CLIENT, ALERT_48)
  layer.finish(CLIENT)
  layer.finish(ORIGIN)
  layer.abort('client_reset')
  t.strictSame(lines(), ['failed client unknown_ca unknown_ca'])
})

t.test('the end of a session counts where it is one of the peers', async (t) => {
  const ends: readonly (readonly [CloseReason, string | undefined])[] = [
    ['client_reset', 'failed client reset reset_in_handshake'],
    ['upstream_reset', 'failed upstream reset reset_in_hello'],
    ['client_closed_early', 'failed client eof closed_in_handshake'],
    ['upstream_closed_early', 'failed upstream eof closed_in_hello'],
    ['idle_timeout', 'failed upstream timeout stalled_in_hello'],
    ['stage_timeout', 'failed upstream timeout stalled_in_hello'],
    ['draining', undefined],
    ['worker_lost', undefined],
  ]
  for (const [reason, outcome] of ends) {
    const { layer, lines } = open()
    layer.execute(CLIENT, HELLO)
    layer.abort(reason)
    layer.finish(CLIENT)
    t.strictSame(lines(), outcome === undefined ? [] : [outcome], reason)
  }
})

// —— The judgement itself, over the facts ——

type Given = { [Field in keyof HandshakeFacts]?: HandshakeFacts[Field] }

const FIN: WatchedEnd = { kind: 'eof', side: CLIENT }
const ORIGIN_FIN: WatchedEnd = { kind: 'eof', side: ORIGIN }
const RST: WatchedEnd = { kind: 'reset', side: CLIENT }
const STALL: WatchedEnd = { kind: 'timeout' }
const CLIENT_HELLO = new RecordTracker(new RecordRecorder())
CLIENT_HELLO.execute(CLIENT, HELLO)
const { clientHello } = CLIENT_HELLO.facts
const HELLO_12: ServerHello = { version: 0x0303, cipherSuite: 0xc02f, alpn: undefined, pskAccepted: false, retryRequest: false }
const HELLO_13: ServerHello = { ...HELLO_12, version: 0x0304, cipherSuite: 0x1301 }
/** Both hellos have passed. */
const MET = { clientHelloSeen: true, clientHello, serverHelloSeen: true }
const BOTH: [boolean, boolean] = [true, true]
const only = (side: Side): [boolean, boolean] => [side === CLIENT, side === ORIGIN]

const OUTCOMES: readonly (readonly [name: string, facts: Given, end: WatchedEnd | undefined, outcome: string])[] = [
  ['nothing yet', {}, undefined, 'open'],
  ['nothing ever', {}, FIN, 'open'],
  ['not TLS', { notTls: true, clientHelloSeen: true }, FIN, 'open'],
  ['opaque', { opaque: true, clientHelloSeen: true }, FIN, 'open'],
  ['half a hello and an end', { clientHelloSeen: true }, FIN, 'client eof closed_in_hello hello'],
  ['a hello and an end', { clientHelloSeen: true, clientHello }, FIN, 'client eof closed_in_handshake mid_handshake'],
  ['a hello and an end of the server', { clientHelloSeen: true, clientHello }, ORIGIN_FIN, 'upstream eof closed_in_hello hello'],
  ['half a hello', { clientHelloSeen: true }, STALL, 'client timeout stalled_in_hello hello'],
  ['a hello and a silent server', { clientHelloSeen: true, clientHello }, STALL, 'upstream timeout stalled_in_hello hello'],
  [
    'a second hello that does not come',
    { ...MET, serverHello: { ...HELLO_13, retryRequest: true } },
    STALL,
    'client timeout stalled_in_handshake mid_handshake',
  ],
  ['a ServerHello of TLS 1.3 and no more', { ...MET, serverHello: HELLO_13 }, STALL, 'upstream timeout stalled_in_handshake mid_handshake'],
  [
    'a silent client of TLS 1.3',
    { ...MET, serverHello: HELLO_13, encrypted: only(ORIGIN) },
    STALL,
    'client timeout stalled_in_handshake mid_handshake',
  ],
  ['half a flight of TLS 1.2', { ...MET, serverHello: HELLO_12 }, STALL, 'upstream timeout stalled_in_handshake mid_handshake'],
  [
    'a whole flight of TLS 1.2',
    { ...MET, serverHello: HELLO_12, serverHelloDone: true },
    STALL,
    'client timeout stalled_in_handshake mid_handshake',
  ],
  [
    'no Finished behind ChangeCipherSpec',
    { ...MET, serverHello: HELLO_12, serverHelloDone: true, encrypted: only(CLIENT) },
    STALL,
    'client timeout stalled_in_handshake mid_handshake',
  ],
  [
    'no Finished of the server',
    { ...MET, serverHello: HELLO_12, serverHelloDone: true, encrypted: only(CLIENT), finished: only(CLIENT) },
    STALL,
    'upstream timeout stalled_in_handshake mid_handshake',
  ],
  [
    'a resumption of TLS 1.2 that the client does not finish',
    { ...MET, serverHello: HELLO_12, encrypted: only(ORIGIN), finished: only(ORIGIN) },
    STALL,
    'client timeout stalled_in_handshake mid_handshake',
  ],
  ['an alert instead of a hello', { fatalAlert: [80, -1] }, undefined, 'client handshake_alert internal_error before_hello'],
  [
    'an answer that is no TLS',
    { clientHelloSeen: true, clientHello, opaque: true, foreignAnswer: 'text' },
    undefined,
    'upstream not_tls text hello',
  ],
  [
    'an alert of the client',
    { clientHelloSeen: true, serverHelloSeen: true, fatalAlert: [48, -1] },
    undefined,
    'client unknown_ca unknown_ca mid_handshake',
  ],
  ['an alert of the server', { clientHelloSeen: true, fatalAlert: [-1, 40] }, undefined, 'upstream handshake_alert parameters hello'],
  [
    'an encrypted alert of the client',
    { clientHelloSeen: true, serverHelloSeen: true, encrypted: BOTH, encryptedAlert: only(CLIENT) },
    FIN,
    'client handshake_alert encrypted mid_handshake',
  ],
  ['an encrypted alert, not ended yet', { clientHelloSeen: true, serverHelloSeen: true, encryptedAlert: only(CLIENT) }, undefined, 'open'],
  [
    'the silent client of TLS 1.3',
    { clientHelloSeen: true, serverHelloSeen: true, encrypted: only(ORIGIN) },
    FIN,
    'client eof client_rejected_silently mid_handshake',
  ],
  [
    'the silent client of TLS 1.2',
    { clientHelloSeen: true, serverHelloSeen: true, certificateSeen: true },
    FIN,
    'client eof client_rejected_silently mid_handshake',
  ],
  [
    'a client that only says that it closes',
    { clientHelloSeen: true, serverHelloSeen: true, certificateSeen: true, clearAlert: only(CLIENT) },
    FIN,
    'client eof closed_in_handshake mid_handshake',
  ],
  [
    'a client that resets after Finished, as GnuTLS does',
    { clientHelloSeen: true, serverHelloSeen: true, finished: BOTH },
    RST,
    'client reset reset_after_finished after_finished',
  ],
  ['Finished, and nobody says anything', { clientHelloSeen: true, serverHelloSeen: true, finished: BOTH }, STALL, 'succeeded'],
  [
    'the silent client after Finished',
    { clientHelloSeen: true, serverHelloSeen: true, finished: BOTH },
    FIN,
    'client eof client_rejected_silently after_finished',
  ],
  [
    'a client that had gone on',
    { clientHelloSeen: true, serverHelloSeen: true, certificateSeen: true, clientKeysSent: true },
    FIN,
    'client eof closed_in_handshake mid_handshake',
  ],
  [
    'a server that goes after its certificate',
    { clientHelloSeen: true, serverHelloSeen: true, certificateSeen: true },
    ORIGIN_FIN,
    'upstream eof closed_in_handshake mid_handshake',
  ],
  [
    'a reset in the handshake',
    { clientHelloSeen: true, serverHelloSeen: true, certificateSeen: true },
    RST,
    'client reset reset_in_handshake mid_handshake',
  ],
  ['Finished, then the server goes', { clientHelloSeen: true, serverHelloSeen: true, finished: BOTH }, ORIGIN_FIN, 'succeeded'],
  ['Finished, still open', { clientHelloSeen: true, serverHelloSeen: true, finished: BOTH }, undefined, 'open'],
  ['data of the client', { clientHelloSeen: true, serverHelloSeen: true, applicationData: only(CLIENT) }, undefined, 'succeeded'],
  [
    'data of the client, then an alert',
    { clientHelloSeen: true, serverHelloSeen: true, applicationData: only(CLIENT), fatalAlert: [80, -1] },
    FIN,
    'succeeded',
  ],
  ['data without a hello', { applicationData: only(CLIENT) }, FIN, 'open'],
  [
    'tickets only, then the client goes',
    { clientHelloSeen: true, serverHelloSeen: true, finished: BOTH, applicationData: only(ORIGIN) },
    FIN,
    'client eof client_rejected_silently after_finished',
  ],
]

function told(outcome: HandshakeOutcome | undefined): string {
  if (outcome === undefined) return 'open'
  if (outcome.succeeded) return 'succeeded'
  const { phase, reason, side, source, subReason } = outcome.failure
  return source === 'inferred' ? `${side} ${reason} ${subReason} ${phase}` : source
}

t.test('how a watched handshake ended', async (t) => {
  for (const [name, given, end, outcome] of OUTCOMES) {
    t.equal(told(handshakeOutcome(Object.assign(new HandshakeFacts(), given), end)), outcome, name)
  }
})
