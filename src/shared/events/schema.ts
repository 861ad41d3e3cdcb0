/**
 * The event schema, version 1: the one place where an event and its fields are defined.
 *
 * From this table come the TypeScript types (`event.ts`), the ring's payload codec (`record/record-writer.ts`, `record/record-reader.ts`),
 * the JSON Schema and the protobuf file (`docs/events/`, kept equal by a test). No thread of its own.
 *
 * Numbers and field order are wire format inside one process only, but they are also the protobuf tags: append, never
 * reorder. Every field may be absent; an absent field is left out of the public event.
 *
 * Field kinds: `field-spec.ts`; their layout in a record: `record/record-descriptor.ts`.
 */

import { SIDE_NAMES } from '../side.ts'
import { CLOSE_REASONS } from './close-reasons.ts'
import { bool, bytes, type EventSpec, f64, fields, json, oneOf, streamIdentity, string, u32, url } from './field-spec.ts'
import { PAYLOAD_EVENTS } from './payload-events.ts'

export const ACTIONS = ['intercept', 'tunnel', 'block'] as const
export const DECISION_PHASES = ['connect', 'client_hello', 'request'] as const
export const TLS_SIDES = ['client', 'upstream'] as const
export const TLS_SOURCES = ['authoritative', 'inferred'] as const
export const TLS_PROVIDERS = ['native', 'mitmproxy', 'hudsucker'] as const
export const TLS_REASONS = [
  'unknown_ca',
  'cert_validation',
  'handshake_alert',
  'timeout',
  'eof',
  'reset',
  'not_tls',
  'upstream_cert_invalid',
  'other',
] as const
const LEARNING_STEPS = ['ignored', 'counted', 'learned', 'expired', 'revoked', 'evicted'] as const
const FAULT_PHASES = ['connect', 'tls', 'request', 'response', 'body', 'relay'] as const
const FAULT_UNITS = ['bytes', 'event', 'message', 'chunk'] as const
export const HTTP3_SOURCES = ['field', 'frame'] as const
export const HTTP3_ACTIONS = ['left', 'stripped'] as const
export const TLS_PHASES = ['before_hello', 'hello', 'mid_handshake', 'after_finished'] as const
export const OCSP_VERDICTS = ['good', 'revoked', 'unknown', 'invalid'] as const

const tlsIdentity = {
  side: oneOf(TLS_SIDES, 'which of our two handshakes'),
  source: oneOf(TLS_SOURCES, 'an alert received is authoritative, a silence is inferred'),
  provider: oneOf(TLS_PROVIDERS, 'who observed it'),
} as const

const bodyChunk = {
  ...streamIdentity,
  offset: f64('octets of this body before the chunk, transfer coding removed'),
  size: u32('octets'),
  data: bytes('the octets, where a rule captures them'),
} as const

export const EVENTS = {
  connect_received: {
    id: 1,
    doc: 'A CONNECT request, or the first request of a plain proxy connection, was parsed.',
    fields: {
      method: string('CONNECT, or the method of the absolute-form request'),
      authority: url('target as sent'),
      fields: fields('header fields of the CONNECT request'),
    },
  },
  connect_parse_failed: {
    id: 2,
    doc: 'The first head of a client connection was malformed, too large or too slow.',
    fields: {
      violation: string('code, see docs/errors.md'),
      detail: string('one sentence'),
      status: u32('status answered'),
    },
  },
  connect_decision: {
    id: 3,
    doc: 'What policy decided for the flow, and by which rule. Emitted again when the ClientHello changes the decision.',
    fields: {
      decision: oneOf(ACTIONS, 'intercept, tunnel or block'),
      rule: string('name of the rule, or `default`'),
      phase: oneOf(DECISION_PHASES, 'when it was decided'),
      code: string('refusal code, on block'),
      would: oneOf(ACTIONS, 'in `mode: shadow`: what it would have been'),
      withheld: json('in `mode: shadow`: what was left undone, of block, edit, strip_alt_svc and fault'),
    },
  },
  tls_client_hello: {
    id: 4,
    doc: 'The client’s ClientHello, before any byte of it was answered.',
    fields: {
      sni: string('server_name, A-label'),
      alpn: json('protocols offered, in order'),
      versions: json('versions offered, e.g. ["TLSv1.3", "TLSv1.2"]'),
      ja3: string('JA3 hash (MD5, hex)'),
      ja4: string('JA4 fingerprint'),
      ech: bool('an encrypted_client_hello extension is present'),
      size: u32('octets of the handshake message'),
    },
  },
  tls_handshake_started: {
    id: 5,
    doc: 'One of our two handshakes has begun, or one was seen in a tunnel.',
    fields: { ...tlsIdentity, sni: string('name asked for') },
  },
  tls_handshake_succeeded: {
    id: 6,
    doc: 'A handshake was completed.',
    fields: {
      ...tlsIdentity,
      version: string('e.g. TLSv1.3'),
      cipher: string('suite, IANA name'),
      alpn: string('protocol negotiated'),
      resumed: bool('by session ticket or id'),
      duration_ms: f64('milliseconds'),
      ocsp_stapled: bool('the origin stapled an OCSP response'),
      peer_subject: string('client side, where a certificate was asked for: subject of the client’s'),
      peer_fingerprint: string('its SHA-256 fingerprint'),
      ocsp: oneOf(OCSP_VERDICTS, 'where one was stapled: what it says of the certificate; invalid: not to be believed'),
    },
  },
  tls_handshake_failed: {
    id: 7,
    doc: 'A handshake failed, classified by evidence.',
    fields: {
      ...tlsIdentity,
      reason: oneOf(TLS_REASONS, 'class'),
      sub_reason: string('finer class'),
      alert: u32('alert number received or sent'),
      phase: oneOf(TLS_PHASES, 'how far it had come'),
      detail: string('evidence in words'),
      duration_ms: f64('milliseconds'),
    },
  },
  request_headers: {
    id: 8,
    doc: 'A request head, before it is forwarded.',
    fields: {
      ...streamIdentity,
      method: string('method'),
      path: url('request target as sent'),
      authority: string('Host or :authority'),
      version: string('HTTP/1.0, HTTP/1.1 or HTTP/2'),
      fields: fields('field lines in order'),
    },
  },
  request_body_chunk: { id: 9, doc: 'Octets of a request body.', fields: bodyChunk },
  request_trailers: { id: 10, doc: 'Request trailer section.', fields: { ...streamIdentity, fields: fields('field lines in order') } },
  informational_response: {
    id: 11,
    doc: 'A 1xx response.',
    fields: { ...streamIdentity, status: u32('status'), fields: fields('field lines in order') },
  },
  response_headers: {
    id: 12,
    doc: 'A final response head. An answer of ours in the place of the origin’s has one of its own, behind that.',
    fields: {
      ...streamIdentity,
      status: u32('status'),
      version: string('HTTP/1.0, HTTP/1.1 or HTTP/2'),
      fields: fields('field lines in order'),
      source: oneOf(['origin', 'engine'] as const, 'who made the response'),
    },
  },
  response_body_chunk: { id: 13, doc: 'Octets of a response body.', fields: bodyChunk },
  response_trailers: { id: 14, doc: 'Response trailer section.', fields: { ...streamIdentity, fields: fields('field lines in order') } },
  stream_closed: {
    id: 15,
    doc: 'The terminal event: of an exchange or stream where it carries `exchange` or `stream_id`, else of the flow.',
    fields: {
      ...streamIdentity,
      close_reason: oneOf(CLOSE_REASONS, 'why'),
      violation: string('code, where a violation ended it'),
      status: u32('status of the response, of an exchange'),
      method: string('method of the request, of an exchange'),
      bytes_client: f64('octets the client sent: body of the exchange, or plaintext of the flow'),
      bytes_origin: f64('octets the origin sent'),
      duration_ms: f64('from the first octet to the end'),
      ttfb_ms: f64('from the request head to the response head, of an exchange'),
      code: u32('HTTP/2 error code of RST_STREAM'),
      opaque: bool('observation ended early; the bytes were relayed all the same'),
      detail: string('evidence in words'),
    },
  },
  events_dropped: {
    id: 16,
    doc: 'Events of this flow were lost because the ring was full; the gap in flow_seq is theirs.',
    fields: { first_seq: u32('first flow_seq lost'), count: u32('events lost') },
  },
  connection_upgraded: {
    id: 17,
    doc: 'The exchange switched protocols (101, or CONNECT inside the tunnel).',
    fields: { ...streamIdentity, upgrade: string('protocol switched to') },
  },
  ...PAYLOAD_EVENTS,
  tls_learning_audit: {
    id: 30,
    doc: 'A step of bypass learning. Belongs to the engine’s own flow, number 0; `client_addr` and `server_host` are the pair it is about.',
    fields: {
      step: oneOf(LEARNING_STEPS, 'what was made of an outcome, or became of a bypass'),
      client: string('address of the client'),
      host: string('host asked for'),
      failures: u32('trust failures among the outcomes remembered'),
      outcomes: u32('outcomes remembered'),
      detail: string('why, in words'),
      related_flow: string('flow_id of the connection whose outcome it was'),
    },
  },
  fault_injected: {
    id: 31,
    doc: 'A fault of a rule was injected. Later events of what it acts on carry `faulted`.',
    fields: {
      ...streamIdentity,
      rule: string('name of the rule'),
      fault: u32('number of the fault within its rule, from 0'),
      kind: string('kind of the fault'),
      profile: string('profile that it comes from'),
      phase: oneOf(FAULT_PHASES, 'where in the life of the connection'),
      position: f64('how far it had come: octets, or the number of an event, a message or a chunk'),
      unit: oneOf(FAULT_UNITS, 'what `position` counts'),
      intended: json('what the rule asks for'),
      applied: json('what was done; differs where it could not be done as asked'),
    },
  },
  http3_passthrough: {
    id: 32,
    doc: 'The origin offers HTTP/3 by Alt-Svc (RFC 7838), past a proxy of TCP. Told once per flow and action.',
    fields: {
      ...streamIdentity,
      source: oneOf(HTTP3_SOURCES, 'a field of a response, or an ALTSVC frame of HTTP/2'),
      action: oneOf(HTTP3_ACTIONS, 'what became of the offer, by `http3_passthrough` or `strip_alt_svc`'),
      authority: string('where HTTP/3 is offered: host:port, or :port of the same host'),
      value: string('the Alt-Svc value'),
    },
  },
  origin_reused: {
    id: 33,
    doc: 'A parked connection to the origin serves this flow: no dial and no upstream handshake.',
    fields: { alpn: string('protocol negotiated when it was opened'), version: string('its TLS version') },
  },
  origin_reopened: {
    id: 37,
    doc: 'The parked connection that serves this flow was lost before its origin had answered anything: another is opened in its place, once, and is sent the same.',
    fields: {
      octets: f64('of requests, sent to the lost one and sent again; 0: nothing had been asked yet'),
      loss: string('what came of the lost one: `end`, `close`, or the code of an error'),
    },
  },
  grpc_message: {
    id: 34,
    doc: 'A message of a gRPC, gRPC-Web or Connect call is complete.',
    fields: {
      ...streamIdentity,
      side: oneOf(SIDE_NAMES, 'who sent it'),
      index: u32('number of the message within its side, from 0'),
      size: f64('octets on the wire, the envelope not counted'),
      compressed: bool('its envelope says so (Connect unary: its content coding)'),
      offset: f64('octets of the messages of this side before it'),
      data: bytes('its first octets, where a rule captures them; decompressed where `decompressed` says so'),
      decompressed: bool('`data` is what the message decompresses to'),
    },
  },
  grpc_call: {
    id: 35,
    doc: 'A gRPC, gRPC-Web or Connect call is over: what it was, and what came of it.',
    fields: {
      ...streamIdentity,
      variant: oneOf(['grpc', 'grpc-web', 'grpc-web-text', 'connect', 'connect-unary'] as const, 'protocol on the wire'),
      codec: string('`proto`, `json`, or what the content type says'),
      service: string('package and service'),
      method: string('method'),
      kind: oneOf(['unary', 'client_streaming', 'server_streaming', 'bidirectional'] as const, 'by the messages that were sent'),
      timeout_ms: f64('deadline that the client gave'),
      encoding_client: string('message encoding that the client announced'),
      encoding_origin: string('message encoding that the origin announced'),
      status: u32('gRPC status number'),
      status_message: string('its message, percent-decoding undone'),
      messages_client: u32('messages that the client sent'),
      messages_origin: u32('messages that the origin sent'),
      bytes_client: f64('octets of them'),
      bytes_origin: f64('octets of them'),
      outcome: oneOf(['ok', 'status', 'http_error', 'no_status', 'cancelled', 'broken', 'violation'] as const, 'class of the end'),
      violation: string('code of the first rule that was broken'),
    },
  },
  policy_difference: {
    id: 36,
    doc: 'The policy beside the one in force (`shadow`, `shadow_policy`) decides otherwise.',
    fields: {
      ...streamIdentity,
      phase: oneOf(DECISION_PHASES, 'when it was decided'),
      active: oneOf(ACTIONS, 'decision of the policy in force'),
      active_rule: string('its rule'),
      shadow: oneOf(ACTIONS, 'decision of the other'),
      shadow_rule: string('its rule'),
      differs: oneOf(['action', 'options'] as const, 'what differs: the decision, or what it does besides'),
    },
  },
} as const satisfies Record<string, EventSpec>

export type EventName = keyof typeof EVENTS

export const SCHEMA_VERSION = 1
