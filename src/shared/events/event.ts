/**
 * Public events: what every sink delivers. Types only, derived from the schema. No thread of its own.
 */

import type { FieldSpec } from './field-spec.ts'
import type { Protocol } from './protocols.ts'
import type { EVENTS, EventName } from './schema.ts'

/** The fields that every event has, in front of its own. */
export interface EventBase {
  readonly schema: 1
  readonly event: EventName
  /** Unique across restarts of the engine. */
  readonly flow_id: string
  /** From 0, gap-free per flow; a gap is announced by `events_dropped`. */
  readonly flow_seq: number
  readonly time_unix_ms: number
  /** Monotonic nanoseconds, a decimal string (beyond 2⁵³). */
  readonly time_mono_ns: string
  /** 0 is the acceptor, 1…N are the workers. */
  readonly worker: number
  readonly client_addr: string
  readonly server_host: string
  readonly server_port: number
  readonly protocol: Protocol
  /** Present where a field was too long for the ring and has been cut. */
  readonly truncated?: true
  /** Present where a fault was injected into the exchange, or into the flow: what is told may be its doing. */
  readonly faulted?: true
}

type ValueOf<Spec extends FieldSpec> = Spec['kind'] extends 'u32' | 'f64'
  ? number
  : Spec['kind'] extends 'bool'
    ? boolean
    : Spec['kind'] extends 'enum'
      ? Spec extends { readonly values: readonly (infer V)[] }
        ? V
        : never
      : Spec['kind'] extends 'fields'
        ? readonly (readonly [string, string])[]
        : Spec['kind'] extends 'json'
          ? unknown
          : string

export type EventFields<Name extends EventName> = {
  readonly [Field in keyof (typeof EVENTS)[Name]['fields']]?: (typeof EVENTS)[Name]['fields'][Field] extends FieldSpec
    ? ValueOf<(typeof EVENTS)[Name]['fields'][Field]>
    : never
}

/** An event of one name. */
export type EventOf<Name extends EventName> = EventBase & { readonly event: Name } & EventFields<Name>

/** Any of several events: discriminate by `event`. */
export type EventOfAny<Names extends EventName> = { [Name in Names]: EventOf<Name> }[Names]

/** Any event: discriminate by `event`. */
export type SothEvent = EventOfAny<EventName>
