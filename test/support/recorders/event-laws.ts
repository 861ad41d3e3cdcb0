/**
 * What must hold of the events of any run, and of the metrics beside them. Each breach is a sentence.
 */

import type { SothEvent } from '../../../src/shared/events/event.ts'
import { BASE_FIELDS } from '../../../src/shared/events/json/base-fields.ts'
import { PAYLOAD_EVENTS } from '../../../src/shared/events/payload-events.ts'
import type { Exposition } from './parse-exposition.ts'

/** What belongs to an exchange: it comes between the request head and the terminal event of that exchange. */
const OF_EXCHANGE: ReadonlySet<string> = new Set([
  'request_body_chunk',
  'request_trailers',
  'informational_response',
  'response_headers',
  'response_body_chunk',
  'response_trailers',
  'connection_upgraded',
  'grpc_message',
  'grpc_call',
  ...Object.keys(PAYLOAD_EVENTS),
])

/** The engine's own flow is numbered like the others, and has no end. */
export function isEngineFlow(id: string): boolean {
  return id.endsWith('-0')
}

/** Every flow: numbered without a gap, complete base fields, time never back, one terminal event, last; and so every exchange. */
export function lawBreaches(events: readonly SothEvent[]): string[] {
  const flows = new Map<string, SothEvent[]>()
  for (const event of events) {
    const flow = flows.get(event.flow_id)
    if (flow === undefined) flows.set(event.flow_id, [event])
    else flow.push(event)
  }
  return Array.from(flows, ([id, flow]) => flowBreaches(flow).map((breach) => `flow ${id}: ${breach}`)).flat()
}

/** Of its exchange or stream: HTTP/1.1 and HTTP/2 number them under two names. */
function numberOf(event: SothEvent): number | undefined {
  if ('exchange' in event && event.exchange !== undefined) return event.exchange
  return 'stream_id' in event ? event.stream_id : undefined
}

function flowBreaches(flow: readonly SothEvent[]): string[] {
  const breaches: string[] = []
  const open = new Set<number>()
  const ended = new Set<number>()
  let time = 0n
  for (const [at, event] of flow.entries()) {
    const say = (what: string) => breaches.push(`event ${at} (${event.event}) ${what}`)
    for (const field of BASE_FIELDS) if (event[field] === undefined) say(`has no ${field}`)
    if (event.flow_seq !== at) say(`has flow_seq ${event.flow_seq}`)
    if (BigInt(event.time_mono_ns) < time) say('goes back in time')
    time = BigInt(event.time_mono_ns)
    const exchange = numberOf(event)
    const isLast = at === flow.length - 1
    if (event.event === 'stream_closed' && exchange === undefined) {
      if (!isLast) say('is not the last')
      if (event.close_reason === undefined) say('has no reason')
    } else if (isLast && !isEngineFlow(event.flow_id)) say('is the last, and no terminal event')
    if (exchange === undefined) continue
    if (event.event === 'request_headers') {
      if (open.has(exchange) || ended.has(exchange)) say(`begins exchange ${exchange} again`)
      open.add(exchange)
    } else if (event.event === 'stream_closed') {
      if (!open.delete(exchange)) say(`ends exchange ${exchange}, which is not open`)
      ended.add(exchange)
    } else if (OF_EXCHANGE.has(event.event) && !open.has(exchange)) say(`belongs to exchange ${exchange}, which is not open`)
  }
  for (const exchange of open) breaches.push(`exchange ${exchange} has no terminal event`)
  return breaches
}

/** Other methods, and those of exchanges whose worker was lost, are `other`. */
const COUNTED_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'])
const BYTES = 'soth_mitm_bytes_total'

/** The series that can be counted from the events, each by all of its labels. */
export function metricBreaches(events: readonly SothEvent[], metrics: Exposition): string[] {
  const expected = new Map<string, number>()
  const count = (name: string, labels: string, amount = 1) => {
    const key = `soth_mitm_${name}{${labels}}`
    expected.set(key, (expected.get(key) ?? 0) + amount)
  }
  const decisions = new Map<string, string>()
  let isLossy = false
  for (const event of events) {
    count('events_total', `event=${event.event}`)
    switch (event.event) {
      case 'connect_decision':
        decisions.set(event.flow_id, event.decision ?? 'none')
        break
      case 'tls_handshake_succeeded':
        count('tls_handshakes_total', `side=${event.side},outcome=succeeded,source=${event.source}`)
        break
      case 'tls_handshake_failed':
        count('tls_handshakes_total', `side=${event.side},outcome=${event.reason},source=${event.source}`)
        break
      case 'stream_closed':
        isLossy ||= event.close_reason === 'worker_lost'
        if (numberOf(event) === undefined) {
          count('flows_total', `decision=${decisions.get(event.flow_id) ?? 'none'},protocol=${event.protocol}`)
          count('flow_closes_total', `close_reason=${event.close_reason}`)
          count('bytes_total', 'direction=client', event.bytes_client ?? 0)
          count('bytes_total', 'direction=origin', event.bytes_origin ?? 0)
        } else {
          const method = COUNTED_METHODS.has(event.method ?? '') ? event.method : 'other'
          const statusClass = event.status === undefined ? 'none' : `${Math.floor(event.status / 100)}xx`
          count('requests_total', `protocol=${event.protocol},method=${method},status_class=${statusClass}`)
          count('request_closes_total', `protocol=${event.protocol},close_reason=${event.close_reason}`)
        }
    }
  }
  return [...disagreements(expected, metrics, isLossy), ...mustBeZero(metrics)]
}

/** `isLossy`: octets of lost flows were counted as they passed, and no event tells of them any more. */
function disagreements(expected: ReadonlyMap<string, number>, metrics: Exposition, isLossy: boolean): string[] {
  const names = new Set(Array.from(expected.keys(), (key) => key.slice(0, key.indexOf('{'))))
  const breaches: string[] = []
  const seen = new Set<string>()
  for (const { name, labels, value } of metrics.samples) {
    if (!names.has(name)) continue
    const key = `${name}{${Object.entries(labels)
      .map(([label, text]) => `${label}=${text}`)
      .join(',')}}`
    seen.add(key)
    const told = expected.get(key) ?? 0
    if (isLossy && name === BYTES ? value < told : value !== told) breaches.push(`${key} is ${value}, the events say ${told}`)
  }
  for (const [key, value] of expected) if (!seen.has(key) && value !== 0) breaches.push(`${key} is missing, the events say ${value}`)
  return breaches
}

/** When all is over nothing is open, and nothing has been lost. */
function mustBeZero(metrics: Exposition): string[] {
  const names = new Set([
    'soth_mitm_flows_open',
    'soth_mitm_events_dropped_total',
    'soth_mitm_worker_flows_active',
    'soth_mitm_sink_dropped_total',
  ])
  return metrics.samples
    .filter(({ name, value }) => names.has(name) && value !== 0)
    .map(({ name, labels, value }) => `${name}${JSON.stringify(labels)} is ${value}`)
}
