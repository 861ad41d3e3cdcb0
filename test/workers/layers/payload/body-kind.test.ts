/**
 * Which parser a media type asks for.
 */

import t from 'tap'
import { type BodyKind, bodyKind } from '../../../../src/workers/layers/payload/body-kind.ts'

t.test('by media type', async (t) => {
  const cases: [string | undefined, BodyKind][] = [
    ['text/event-stream;charset=utf-8', 'event_stream'],
    ['Application/JSONL', 'ndjson'],
    ['application/problem+json', 'json'],
    ['application/x-msgpack', 'msgpack'],
    ['application/octet-stream', 'untyped'],
    [undefined, 'untyped'],
    ['', 'opaque'],
    ['nonsense', 'opaque'],
    ['text/html', 'opaque'],
    // Envelopes with JSON or MessagePack inside.
    ['application/grpc+json', 'opaque'],
    ['application/grpc-web+json; charset=utf-8', 'opaque'],
    ['application/grpc-web-text+json', 'opaque'],
    ['application/connect+json', 'opaque'],
    ['application/connect+msgpack', 'opaque'],
  ]
  for (const [type, kind] of cases) t.equal(bodyKind(type), kind, String(type))
})
