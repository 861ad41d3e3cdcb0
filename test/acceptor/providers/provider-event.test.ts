/** parseProviderEvent: what is taken, what is refused and why, and who decides what is authoritative. */

import fc from 'fast-check'
import t from 'tap'
import { clientIp, parseProviderEvent } from '../../../src/acceptor/providers/provider-event.ts'
import { TLS_REASONS, TLS_SOURCES } from '../../../src/shared/events/schema.ts'

const STARTED = {
  provider: 'mitmproxy',
  event: 'tls_handshake_started',
  side: 'client',
  host: 'a.example',
  port: 443,
  client: '10.0.0.1:5',
}
const FAILED = { ...STARTED, event: 'tls_handshake_failed', reason: 'unknown_ca', sub_reason: 'unknown_ca', alert: 48 }

function parse(value: object) {
  return parseProviderEvent(JSON.stringify(value))
}

t.test('right lines', async (t) => {
  t.match(parse(STARTED), { event: 'tls_handshake_started', source: 'authoritative' })
  t.match(parse(FAILED), { reason: 'unknown_ca', source: 'authoritative' })
  t.match(parse({ ...STARTED, event: 'flow_closed', flow: '7' }), { flow: '7' })
  for (const client of ['', '10.0.0.1', '[::1]:5', '::1', '::ffff:10.0.0.1', 'fe80::1%eth0'])
    t.match(parse({ ...STARTED, client }), { client })
  for (const host of ['', 'a_b.example', '10.0.0.1', '::1', 'BÜCHER.example.']) t.match(parse({ ...STARTED, host }), { host })
})

t.test('only what was said is authoritative, and nothing of hudsucker', async (t) => {
  const said = ['unknown_ca', 'cert_validation', 'handshake_alert', 'upstream_cert_invalid', 'not_tls']
  for (const reason of TLS_REASONS)
    for (const source of [undefined, ...TLS_SOURCES])
      for (const provider of ['mitmproxy', 'hudsucker']) {
        const { alert: _, ...line } = { ...FAILED, side: reason === 'upstream_cert_invalid' ? 'upstream' : 'client' }
        const event = parse({ ...line, reason, provider, ...(source === undefined ? {} : { source }) })
        const expected = provider === 'mitmproxy' && source !== 'inferred' && said.includes(reason) ? 'authoritative' : 'inferred'
        t.match(event, { source: expected }, `${provider} ${reason} ${source}`)
      }
  for (const event of ['tls_handshake_started', 'tls_handshake_succeeded'])
    t.match(parse({ ...STARTED, event, provider: 'hudsucker', source: 'authoritative' }), { source: 'inferred' })
})

const WRONG: readonly (readonly [string, object | string, RegExp])[] = [
  ['no JSON', '{"a":', /^not JSON/],
  ['no object', '[1]', /line: /],
  ['unknown provider', { ...STARTED, provider: 'native' }, /^provider: /],
  ['unknown event', { ...STARTED, event: 'request_headers' }, /^event: /],
  ['unknown key', { ...STARTED, flow_id: 'x' }, /flow_id/],
  ['missing side', { ...STARTED, side: undefined }, /^side: /],
  ['port', { ...STARTED, port: 65_536 }, /^port: /],
  ['long host', { ...STARTED, host: 'a'.repeat(256) }, /^host: /],
  ['host of two lines', { ...STARTED, host: 'a\nb.example' }, /^host: has a space or a control/],
  ['client that is no address', { ...STARTED, client: 'laptop 7' }, /^client: is no IP address/],
  ['client with a wrong port', { ...STARTED, client: '10.0.0.1:5:6' }, /^client: is no IP address/],
  ['alert', { ...FAILED, alert: 256 }, /^alert: /],
  ['failure without reason', { ...FAILED, reason: undefined, alert: undefined }, /^reason: a failure needs one/],
  ['reason without failure', { ...STARTED, reason: 'eof' }, /only tls_handshake_failed/],
  ['another alert', { ...FAILED, alert: 42 }, /42 is not the alert of reason unknown_ca/],
  ['48 as handshake_alert', { ...FAILED, reason: 'handshake_alert' }, /48 is not/],
  ['42 as other', { ...FAILED, reason: 'other', alert: 42 }, /42 is not/],
  ['upstream verification of a client', { ...FAILED, reason: 'upstream_cert_invalid', alert: undefined }, /^side: /],
]

t.test('wrong lines say what is wrong', async (t) => {
  for (const [name, line, expected] of WRONG) {
    const result = typeof line === 'string' ? parseProviderEvent(line) : parse(line)
    t.type(result, 'string', name)
    t.match(result, expected, name)
  }
})

t.test('clients are known by their address', async (t) => {
  t.same(['10.0.0.1:5', '10.0.0.1', '[::1]:5', '[::1]', '::1', '::ffff:10.0.0.1', '[::ffff:10.0.0.1]:9', 'unix', ''].map(clientIp), [
    '10.0.0.1',
    '10.0.0.1',
    '::1',
    '::1',
    '::1',
    '10.0.0.1',
    '10.0.0.1',
    'unix',
    '',
  ])
})

t.test('property: any text is an event or a sentence', async (t) => {
  const mutated = fc
    .dictionary(fc.constantFrom(...Object.keys(FAILED), 'flow', 'source', '__proto__'), fc.jsonValue())
    .map((change) => JSON.stringify({ ...FAILED, ...change }))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string(), fc.json()), (text) => ['string', 'object'].includes(typeof parseProviderEvent(text))),
    ),
  )
})
