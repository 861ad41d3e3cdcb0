/** ProviderFlows: flows of a provider's events: kept, ended once each, bounded; what learning hears. */

import t from 'tap'
import { type ProviderEvent, parseProviderEvent } from '../../../src/acceptor/providers/provider-event.ts'
import { ProviderFlows } from '../../../src/acceptor/providers/provider-flows.ts'
import type { ClientOutcome } from '../../../src/shared/client-outcome.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import { EventHarness } from '../../support/harnesses/event-harness.ts'

const BASE = { provider: 'mitmproxy', side: 'client', host: 'A.example', port: 443, client: '10.0.0.1:5000' }

function line(change: object): ProviderEvent {
  const event = parseProviderEvent(JSON.stringify({ ...BASE, ...change }))
  if (typeof event === 'string') throw new Error(event)
  return event
}

function make(limit = 4) {
  const harness = new EventHarness()
  const outcomes: [ClientOutcome, number][] = []
  let flows = 10
  const provider = new ProviderFlows({
    events: harness.writer,
    nextFlow: () => ++flows,
    record: (outcome, flow) => outcomes.push([outcome, flow]),
    limit,
  })
  return { harness, provider, outcomes }
}

function told(events: readonly SothEvent[]): string[] {
  return events.map((event) =>
    `${event.flow_id} ${event.flow_seq} ${event.event} ${'close_reason' in event ? event.close_reason : ''}`.trim(),
  )
}

t.test('events of one name are one flow, and end with one stream_closed', async (t) => {
  const { harness, provider, outcomes } = make()
  provider.accept(line({ event: 'tls_handshake_started', flow: 'c1', sni: 'a.example' }), 1)
  provider.accept(
    line({ event: 'tls_handshake_failed', flow: 'c1', side: 'upstream', reason: 'upstream_cert_invalid', sub_reason: 'expired' }),
    2,
  )
  provider.accept(line({ event: 'tls_handshake_failed', flow: 'c1', reason: 'unknown_ca', alert: 48, detail: 'said' }), 3)
  provider.accept(line({ event: 'flow_closed', flow: 'c1' }), 4)
  provider.accept(line({ event: 'flow_closed', flow: 'c1' }), 5)
  const events = harness.events()
  t.same(told(events), [
    'f11 0 tls_handshake_started',
    'f11 1 tls_handshake_failed',
    'f11 2 tls_handshake_failed',
    'f11 3 stream_closed tls_handshake_failed',
  ])
  t.match(events[2], { provider: 'mitmproxy', source: 'authoritative', reason: 'unknown_ca', alert: 48, side: 'client', detail: 'said' })
  t.same(outcomes, [
    [{ client: '10.0.0.1', host: 'a.example', provider: 'mitmproxy', side: 'client', source: 'authoritative', reason: 'unknown_ca' }, 11],
  ])
})

t.test('an event without a name is a flow by itself', async (t) => {
  const { harness, provider, outcomes } = make()
  provider.accept(line({ event: 'tls_handshake_succeeded', provider: 'hudsucker', version: 'TLSv1.3', cipher: 'X', alpn: 'h2' }), 1)
  provider.accept(line({ event: 'tls_handshake_failed', provider: 'hudsucker', reason: 'unknown_ca', source: 'authoritative' }), 2)
  const events = harness.events()
  t.same(told(events), [
    'f11 0 tls_handshake_succeeded',
    'f11 1 stream_closed completed',
    'f12 0 tls_handshake_failed',
    'f12 1 stream_closed tls_handshake_failed',
  ])
  t.match(events[0], { provider: 'hudsucker', source: 'inferred', version: 'TLSv1.3', cipher: 'X', alpn: 'h2' })
  t.same(
    outcomes.map(([{ source }]) => source),
    ['inferred', 'inferred'],
  )
  t.equal(provider.size, 0)
})

t.test('bounded: the oldest flow ends for a new one; all end with the provider', async (t) => {
  const { harness, provider } = make(2)
  for (const flow of ['a', 'b', 'c']) provider.accept(line({ event: 'tls_handshake_started', flow }), 1)
  t.equal(provider.size, 2)
  provider.end('completed', 9)
  t.same(
    told(harness.events()).filter((text) => text.includes('closed')),
    ['f11 1 stream_closed limit_exceeded', 'f12 1 stream_closed completed', 'f13 1 stream_closed completed'],
  )
})

t.test('a flow whose host changes says so', async (t) => {
  const { harness, provider } = make()
  provider.accept(line({ event: 'tls_handshake_started', flow: 'a' }), 1)
  provider.accept(line({ event: 'tls_handshake_succeeded', flow: 'a' }), 1)
  provider.accept(line({ event: 'tls_handshake_started', flow: 'a', host: 'b.example' }), 1)
  const hosts: string[] = []
  harness.each((reader) => {
    if (reader.isFlowContext) hosts.push(`${reader.addresses.client_addr} ${reader.addresses.server_host}`)
  })
  t.same(hosts, ['10.0.0.1:5000 A.example', '10.0.0.1:5000 b.example'])
})
