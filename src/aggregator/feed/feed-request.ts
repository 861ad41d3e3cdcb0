/**
 * parseFeedRequest: what a client of the live feed asks for, from the target and fields of its opening handshake (RFC 6455
 * §4.2.1). Pure. Aggregator thread.
 *
 *     GET /events?event=request_headers&event=stream_closed&host=.example.com&protocol=sse&flow_id=…&format=json&queue=512
 *
 * A name may come several times, or once with commas. The form of the messages is the subprotocol, or else `format`.
 */

import type { IncomingHttpHeaders } from 'node:http'
import type { EventFilter } from '../../shared/aggregator-protocol.ts'
import { filterOf } from '../sinks/filter-names.ts'
import { FEED_FORMATS, type FeedFormat } from './frame-encoder.ts'

export interface FeedRequest {
  readonly filter: EventFilter
  readonly format: FeedFormat
  /** Asked for; at most what the operator allows. */
  readonly queue: number | undefined
}

/** Names of the subprotocols, with the version of the schema. */
const SUBPROTOCOLS: Readonly<Record<string, FeedFormat>> = { 'soth.events.v1.msgpack': 'msgpack', 'soth.events.v1.json': 'json' }

const PARAMETERS: ReadonlySet<string> = new Set(['event', 'host', 'protocol', 'flow_id', 'format', 'queue'])

/** The request, or what is wrong with it. */
export function parseFeedRequest(query: string, headers: IncomingHttpHeaders): FeedRequest | string {
  const asked = new URLSearchParams(query)
  const stranger = [...asked.keys()].find((name) => !PARAMETERS.has(name))
  if (stranger !== undefined) return `there is no parameter "${stranger.slice(0, 64)}"; there are ${[...PARAMETERS].join(', ')}`
  const filter = filterOf({
    events: list(asked, 'event'),
    hosts: list(asked, 'host'),
    protocols: list(asked, 'protocol'),
    flow_id: asked.get('flow_id') ?? undefined,
  })
  if (typeof filter === 'string') return filter
  const format = subprotocolOf(headers) ?? asked.get('format') ?? 'msgpack'
  if (!isFormat(format)) return `format must be one of ${FEED_FORMATS.join(', ')}`
  const queue = asked.get('queue')
  if (queue !== null && !/^[1-9][0-9]{0,8}$/.test(queue)) return 'queue must be a whole number of events, from 1'
  return { filter, format, queue: queue === null ? undefined : Number(queue) }
}

/** A change of the filter, sent as a text message: `{"filter": {"events": ["sse_event"]}}`. */
export function parseFeedMessage(text: string): EventFilter | string {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return 'the message is not JSON'
  }
  const filter = isObject(message) ? message['filter'] : undefined
  return isObject(filter) ? filterOf(filter) : 'write {"filter": {"events": […], "hosts": […], "protocols": […], "flow_id": "…"}}'
}

/** The first that we know, in the client's order (RFC 6455 §4.2.2). */
export function subprotocolIn(offered: Iterable<string>): string | undefined {
  for (const name of offered) if (Object.hasOwn(SUBPROTOCOLS, name)) return name
  return undefined
}

function subprotocolOf(headers: IncomingHttpHeaders): FeedFormat | undefined {
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? []
  return SUBPROTOCOLS[subprotocolIn(offered) ?? '']
}

function list(asked: URLSearchParams, name: string): string[] | undefined {
  const values = asked.getAll(name).flatMap((value) => value.split(','))
  return values.length === 0 ? undefined : values.filter((value) => value !== '')
}

function isFormat(text: string): text is FeedFormat {
  return (FEED_FORMATS as readonly string[]).includes(text)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
