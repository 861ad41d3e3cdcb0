/**
 * The layout of an event record's body in a ring: offsets only. No thread of its own.
 *
 *      8               16              24       28    29       32          36
 *     ┌───────────────┬───────────────┬────────┬─────┬────────┬───────────┬─────────────────┐
 *     │ f64 time, ms  │ f64 flow      │flow_seq│proto│reserved│ stream    │ payload …       │
 *     │ since the     │ number        │  u32   │ u8  │        │ u32       │ fields in table │
 *     │ thread's origin│              │        │     │        │ NO_STREAM │ order           │
 *     └───────────────┴───────────────┴────────┴─────┴────────┴───────────┴─────────────────┘
 *
 * Offsets from the start of the record. `stream` carries `stream_id` (HTTP/2, gRPC) or `exchange` (HTTP/1.1): the schema's
 * `stream_id` and `exchange` fields are not repeated in the payload.
 *
 * Payload, every field of the event in the order of the schema, `stream_id` and `exchange` left out, little endian, unaligned:
 *
 *     u32, enum as u8, bool as u8, f64          fixed width; absent: 0xffffffff, 0xff, 0xff, NaN
 *     string, bytes, json                       u32 length, octets; absent: length 0xffffffff
 *     fields                                    u32 length, then a block of `name: value CRLF` lines as FieldSection has them
 */

export const TIME_OFFSET = 8
export const FLOW_OFFSET = 16
export const FLOW_SEQ_OFFSET = 24
export const PROTOCOL_OFFSET = 28
export const STREAM_OFFSET = 32
export const PAYLOAD_OFFSET = 36

export const NO_STREAM = 0xffffffff
export const ABSENT_U32 = 0xffffffff
export const ABSENT_U8 = 0xff
