/**
 * The layout of an event record's body in a ring: offsets only. No thread of its own.
 *
 *      8               16              24       28    29       32          36
 *     ┌───────────────┬───────────────┬────────┬─────┬────────┬───────────┬─────────────────┐
 *     │ f64 time, ms  │ f64 flow      │flow_seq│proto│flags u8│ stream    │ payload …       │
 *     │ since the     │ number        │  u32   │ u8  │ then 0 │ u32       │ fields in table │
 *     │ ring's origin │               │        │     │        │ NO_STREAM │ order           │
 *     └───────────────┴───────────────┴────────┴─────┴────────┴───────────┴─────────────────┘
 *
 * Offsets from the start of the record. `stream` carries `stream_id` (HTTP/2) or `exchange` (HTTP/1.1): the schema's
 * `stream_id` and `exchange` fields are not repeated in the payload.
 *
 * Payload, every field of the event in the order of the schema, `stream_id` and `exchange` left out, little endian, unaligned:
 *
 *     u32, enum as u8, bool as u8, f64          fixed width; absent: 0xffffffff, 0xff, 0xff, NaN
 *     string, bytes, json                       u32 length, octets; absent: length 0xffffffff
 *     fields                                    u32 length, then a block of `name: value CRLF` lines as FieldSection has them
 *
 * A flow context (FLOW_CONTEXT_TYPE) is no public event and takes no flow_seq: it tells once, in front of a flow's first
 * event, what every event of the flow repeats. Payload: string client address, string server host, u32 server port.
 */

import { RECORD_BODY_OFFSET } from '../../ring/ring-descriptor.ts'

export const TIME_OFFSET = RECORD_BODY_OFFSET
export const FLOW_OFFSET = 16
export const FLOW_SEQ_OFFSET = 24
export const PROTOCOL_OFFSET = 28
export const FLAGS_OFFSET = 29
export const STREAM_OFFSET = 32
export const PAYLOAD_OFFSET = 36

export const NO_STREAM = 0xffffffff
export const ABSENT_U32 = 0xffffffff
export const ABSENT_U8 = 0xff

/** A field was longer than its share of a record and has been cut. */
export const FLAG_TRUNCATED = 1
/** `stream` is an HTTP/2 stream id, whatever the protocol label says; else the number of an exchange. */
export const FLAG_MULTIPLEXED = 2
/** A fault was injected into the exchange, or into the flow. */
export const FLAG_FAULTED = 4

export const FLOW_CONTEXT_TYPE = 0xf0
