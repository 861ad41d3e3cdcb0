/**
 * The events that tell what bodies and upgraded connections carry: server-sent events, WebSocket, decoded bodies, MCP, LLM
 * calls. Part of the schema (`schema.ts`), in a file of its own for its length; the same rules. No thread of its own.
 */

import { SIDE_NAMES } from '../side.ts'
import { CLOSE_REASONS } from './close-reasons.ts'
import { DECODE_LAYERS, DECODE_REASONS } from './decode-reasons.ts'
import { bool, bytes, type EventSpec, f64, json, oneOf, streamIdentity, string, u32 } from './field-spec.ts'

export const WEBSOCKET_OPCODES = ['continuation', 'text', 'binary', 'close', 'ping', 'pong', 'reserved'] as const
const TURN_ENDS = ['next_turn', 'close', 'idle', 'lost'] as const
const BODY_KINDS = ['event_stream', 'ndjson', 'json', 'msgpack', 'untyped', 'opaque'] as const
const MCP_TRANSPORTS = ['streamable_http', 'http_sse'] as const
const JSON_RPC_KINDS = ['request', 'notification', 'response', 'error', 'invalid'] as const
const LLM_APIS = ['anthropic_messages', 'openai_chat', 'openai_completions', 'openai_responses', 'gemini'] as const

const sender = oneOf(SIDE_NAMES, 'who sent it')

const turn = {
  ...streamIdentity,
  turn_id: u32('number of the turn within the connection, from 0'),
  initiator: oneOf(SIDE_NAMES, 'whose message began it'),
} as const

export const PAYLOAD_EVENTS = {
  sse_event: {
    id: 18,
    doc: 'A server-sent event (WHATWG HTML §9.2) of a response.',
    fields: {
      ...streamIdentity,
      index: u32('number of the event within the response, from 0'),
      type: string('the `event` field, or `message`'),
      id: string('the `id` field, where this event has one'),
      retry_ms: f64('the `retry` field, where this event has one'),
      offset: f64('octets of the decoded body before the event'),
      size: f64('octets of the event as sent: all its lines'),
      data_size: f64('octets of its data'),
      incomplete: bool('the body ended before a blank line dispatched it: clients discard it'),
      data: string('the data, or as much of it as a rule captures'),
    },
  },
  websocket_opened: {
    id: 19,
    doc: 'The exchange has become a WebSocket connection (RFC 6455). Its terminal event comes when that ends.',
    fields: {
      ...streamIdentity,
      subprotocol: string('agreed subprotocol'),
      extensions: string('agreed extensions, as the origin confirmed them'),
      compressed: bool('permessage-deflate is in use'),
    },
  },
  websocket_frame: {
    id: 20,
    doc: 'A WebSocket frame. The last one of a data message also tells of the message.',
    fields: {
      ...streamIdentity,
      side: sender,
      opcode: oneOf(WEBSOCKET_OPCODES, 'what it is'),
      fin: bool('last frame of its message'),
      compressed: bool('the message that begins with it is compressed (RSV1)'),
      size: f64('octets of payload, as sent'),
      message_index: u32('last frame: number of the message among those of its side, from 0'),
      message_size: f64('last frame: octets of the message, compression removed; absent where it was not inflated'),
      text: string('last frame: the text, or as much of it as a rule captures'),
      data: bytes('last frame: the octets of a binary message, or as much of them as a rule captures'),
      code: u32('close frame: its code, 1005 where it has none'),
      reason: string('close frame: its reason'),
    },
  },
  websocket_closed: {
    id: 21,
    doc: 'A WebSocket connection has ended.',
    fields: {
      ...streamIdentity,
      close_reason: oneOf(CLOSE_REASONS, 'why; `completed`: both sides sent a close frame'),
      code: u32('code of the first close frame, 1005 where it has none'),
      reason: string('reason in the first close frame'),
      closed_by: oneOf(SIDE_NAMES, 'who sent the first close frame'),
      violation: string('code of the rule that a side broke: its later frames were not observed'),
      messages_client: u32('data messages of the client'),
      messages_origin: u32('data messages of the origin'),
      bytes_client: f64('payload octets of the client, as sent'),
      bytes_origin: f64('payload octets of the origin, as sent'),
      turns: u32('turns'),
      duration_ms: f64('since it was opened'),
    },
  },
  ws_turn_started: {
    id: 22,
    doc: 'A turn of a WebSocket conversation has begun: a first message, and then what the other side answers.',
    fields: { ...turn, first_sequence: u32('number of its first message within the connection, both sides counted') },
  },
  ws_turn_completed: {
    id: 23,
    doc: 'A turn has ended: the initiator spoke again after the other side had, or nothing follows.',
    fields: {
      ...turn,
      reason: oneOf(TURN_ENDS, 'the initiator spoke again, the connection closed, nothing was said for a while, messages were missed'),
      messages_client: u32('data messages of the client'),
      messages_origin: u32('data messages of the origin'),
      bytes_client: f64('payload octets of the client, as sent'),
      bytes_origin: f64('payload octets of the origin, as sent'),
      first_sequence: u32('number of its first message within the connection, both sides counted'),
      last_sequence: u32('number of its last message'),
      answer_ms: f64('from its first message to the first of the other side'),
      duration_ms: f64('from its first message to its last'),
    },
  },
  body_decoded: {
    id: 24,
    doc: 'All of a body that can be read has been: its codings removed, its framing followed.',
    fields: {
      ...streamIdentity,
      side: sender,
      kind: oneOf(BODY_KINDS, 'how it was read'),
      content_coding: string('the Content-Encoding that was undone'),
      encoded_size: f64('octets as sent, transfer coding removed'),
      decoded_size: f64('octets decoded'),
      items: u32('events, lines or values in it'),
      data: bytes('decoded JSON or lines, as much as a rule captures'),
    },
  },
  body_sanitized: {
    id: 25,
    doc: 'A prefix against script inclusion was left out of what the JSON parser got. The relayed octets still have it.',
    fields: { ...streamIdentity, side: sender, prefix: string('the prefix') },
  },
  msgpack_value: {
    id: 26,
    doc: 'A MessagePack value of a body.',
    fields: {
      ...streamIdentity,
      side: sender,
      index: u32('number of the value within the body, from 0'),
      size: f64('octets'),
      depth: u32('containers within containers'),
      sniffed: bool('no media type said so: recognised by its first octets'),
      value: json('the value, where a rule captures as many octets'),
    },
  },
  decode_failed: {
    id: 27,
    doc: 'The observation of a body or message ended early; its octets were relayed all the same.',
    fields: {
      ...streamIdentity,
      side: sender,
      layer: oneOf(DECODE_LAYERS, 'which decoder'),
      reason: oneOf(DECODE_REASONS, 'class'),
      coding: string('content coding at fault'),
      detail: string('evidence in words'),
    },
  },
  mcp_message: {
    id: 28,
    doc: 'A JSON-RPC message of the Model Context Protocol.',
    fields: {
      ...streamIdentity,
      side: sender,
      kind: oneOf(JSON_RPC_KINDS, 'what it is'),
      method: string('method'),
      id: json('id of the request: a string, a number or null'),
      name: string('tool, prompt or resource, of an answer that in its request; of `initialize` who introduces itself'),
      protocol_version: string('revision that it names'),
      tool_error: bool('the tool ran and failed'),
      error_code: f64('JSON-RPC error code; negative ones are usual'),
      error_message: string('JSON-RPC error message'),
      answers: string('method of the request that it answers'),
      waited_ms: f64('since that request'),
      mismatches: json('header fields that differ from the body: [[field, in the header, in the body], …]'),
    },
  },
  llm_exchange: {
    id: 29,
    doc: 'A call of a language model, told when its exchange has ended.',
    fields: {
      ...streamIdentity,
      api: oneOf(LLM_APIS, 'whose shape'),
      evidence: oneOf(['path', 'shape'] as const, 'recognised by the path of the request, or by the shape of the answer'),
      requested_model: string('model asked for'),
      model: string('model that answered'),
      response_id: string('the answer’s own id'),
      stream: bool('a stream was asked for'),
      streamed: bool('the answer was a stream'),
      status: u32('status of the response'),
      stop_reason: string('in the words of the API'),
      complete: bool('the answer’s own end was seen'),
      input_tokens: u32('as the API counts'),
      output_tokens: u32('as the API counts'),
      cached_tokens: u32('input that came from a cache'),
      cache_written_tokens: u32('input that was written to a cache'),
      reasoning_tokens: u32('as the API counts'),
      total_tokens: u32('as the API counts'),
      events: u32('events or documents of the answer'),
      content_events: u32('those that carried content'),
      ttft_ms: f64('from the end of the request to the first content'),
      gap_mean_ms: f64('between contents'),
      gap_max_ms: f64('between contents'),
      error_type: string('of a refusal, or of an error inside the stream'),
      error_message: string('its message'),
      error_in_stream: bool('the error came after the head of a success'),
    },
  },
  mcp_exchange: {
    id: 48,
    doc: 'An exchange of the Model Context Protocol has ended.',
    fields: {
      ...streamIdentity,
      transport: oneOf(MCP_TRANSPORTS, 'streamable HTTP, or the HTTP+SSE of 2024-11-05'),
      protocol_version: string('revision, by the header field or the last message that named one'),
      session_id: string('Mcp-Session-Id'),
      last_event_id: string('the client resumed a stream after this event'),
      status: u32('status of the response'),
      messages_client: u32('messages of the client'),
      messages_origin: u32('messages of the server'),
      batch: u32('messages in the batch of the request; 0: it was none'),
      unanswered: u32('requests of the exchange without an answer'),
      cancelled: bool('the client closed while an answer was due'),
    },
  },
} as const satisfies Record<string, EventSpec>
