/**
 * The media type of a Content-Type value without its parameters and case, and which types hold JSON (RFC 9110 §8.3, RFC 6839).
 */

import t from 'tap'
import { isJsonType, isMediaType, mediaType } from '../../../../src/workers/layers/http/media-type.ts'

t.test('type and subtype, without parameters and case', async (t) => {
  const cases: [string | undefined, string][] = [
    ['text/event-stream', 'text/event-stream'],
    ['Text/Event-Stream; charset=utf-8', 'text/event-stream'],
    [' text/event-stream\t;charset="a;b"', 'text/event-stream'],
    ['text/event-stream;', 'text/event-stream'],
    ['text/event-stream;;;=', 'text/event-stream'],
    ['text/event-stream, text/plain', 'text/event-stream'],
    ['text/event-stream x', ''],
    ['text/', ''],
    ['text', ''],
    ['/x', ''],
    ['te xt/plain', ''],
    ['', ''],
    [undefined, ''],
    [`text/plain;${'a'.repeat(100_000)}`, 'text/plain'],
    [`text/${'a'.repeat(100_000)}`, `text/${'a'.repeat(295)}`],
  ]
  for (const [value, expected] of cases) t.equal(mediaType(value), expected, String(value).slice(0, 40))
  t.ok(isMediaType('TEXT/EVENT-STREAM;x', 'text/event-stream'))
})

t.test('JSON types', async (t) => {
  for (const type of ['application/json', 'application/problem+json', 'application/connected+json']) t.ok(isJsonType(type))
  for (const type of ['text/json-seq', 'application/jsonx', 'application/grpc+json', 'application/connect+json', ''])
    t.notOk(isJsonType(type))
})
