/** Which heads are worth an observer, at each level. */

import t from 'tap'
import type { MessageHead } from '../../../../src/workers/layers/http/message-head.ts'
import { isRequestOfInterest, isResponseOfInterest } from '../../../../src/workers/observers/payloads/payload-interest.ts'
import { messageHeadOf } from '../../../support/octets/field-section-of.ts'

function head(startLine: string, ...lines: string[]): MessageHead {
  const made = messageHeadOf(startLine, ...lines)
  made.framing = 'chunked'
  return made
}

/** none, metadata, bodies */
type Interest = readonly [boolean, boolean, boolean]
const LEVELS = ['none', 'metadata', 'bodies'] as const
const NEVER: Interest = [false, false, false]
const BODIES: Interest = [false, false, true]
const BOTH: Interest = [false, true, true]

t.test('requests', async (t) => {
  const cases: [string, string[], Interest][] = [
    ['GET', ['Accept: */*'], BODIES],
    ['GET', ['Accept: text/html, application/xhtml+xml', 'Content-Type: text/plain'], BODIES],
    ['GET', ['accept: Text/Event-Stream'], BOTH],
    ['GET', ['Accept: application/json, text/event-stream'], BOTH],
    ['POST', ['Accept: text/event-stream', 'Content-Type: text/plain'], NEVER],
    ['GET', ['Content-Type: text/html', 'MCP-Session-Id: x'], BOTH],
    ['DELETE', ['mcp-protocol-version: 2025-06-18'], BOTH],
    ['POST', ['Mcp-Method: ping'], BOTH],
    ['POST', ['Content-Type: application/json; charset=utf-8'], BOTH],
    ['POST', ['Content-Type: application/vnd.api+json'], BOTH],
    ['PUT', ['Content-Type: application/json'], BODIES],
    ['POST', ['Content-Type: application/x-msgpack'], BODIES],
    ['POST', ['Content-Type: multipart/form-data'], NEVER],
    // Names of the same lengths.
    ['POST', ['Allows: x', 'X-Mcp-Meth: 1', 'X-Session-Id-2: 1', 'Content-Type: text/plain'], NEVER],
  ]
  for (const [method, lines, interest] of cases) {
    for (const [n, level] of LEVELS.entries()) {
      t.equal(
        isRequestOfInterest(level, method, head(`${method} / HTTP/1.1`, ...lines)),
        interest[n],
        `${level}: ${method} ${lines.join('; ')}`,
      )
    }
  }
  const bodiless = messageHeadOf('POST / HTTP/1.1', 'Content-Type: application/json')
  t.equal(isRequestOfInterest('metadata', 'POST', bodiless), false, 'no body')
})

t.test('responses', async (t) => {
  const cases: [string[], Interest][] = [
    [['Content-Type: text/event-stream'], BOTH],
    [['content-type: TEXT/EVENT-STREAM;charset=utf-8'], BOTH],
    [['Content-Type: text/event-streams'], NEVER],
    [['Content-Type: text/html; charset=utf-8'], NEVER],
    [['Content-Type: text/plain'], NEVER],
    [['Content-Type: application/json'], BODIES],
    [['Content-Type: application/x-ndjson'], BODIES],
    [[], BODIES],
  ]
  for (const [lines, interest] of cases) {
    for (const [n, level] of LEVELS.entries()) {
      t.equal(isResponseOfInterest(level, head('HTTP/1.1 200 OK', ...lines)), interest[n], `${level}: ${lines.join('; ')}`)
    }
  }
  t.equal(isResponseOfInterest('bodies', messageHeadOf('HTTP/1.1 204 No Content', 'Content-Type: text/event-stream')), false)
})
