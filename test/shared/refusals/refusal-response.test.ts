/** Mirror test of `src/shared/refusals/refusal-response.ts`. */

import fc from 'fast-check'
import t from 'tap'
import { type RefusalContext, refusalResponse } from '../../../src/shared/refusals/refusal-response.ts'
import { refusals } from '../../../src/shared/refusals/registry.ts'
import { CONNECT_VIOLATIONS } from '../../../src/shared/violations/connect.ts'
import { parseResponse } from '../../support/recorders/parse-response.ts'

const NOW_MS = Date.UTC(1994, 10, 6, 8, 49, 37)

t.test('a refusal as text, to the octet', async (t) => {
  const response = refusalResponse(refusals.policy_blocked, { nowMs: NOW_MS, target: 'a.example:443', detail: 'rule ads' })
  const body = [
    'soth-mitm: A rule of this proxy blocks the target.',
    '',
    'If the target should be reachable, change the rule named in the event connect_decision.',
    '',
    'target: a.example:443',
    'detail: rule ads',
    'status: 403',
    'code: policy_blocked',
    '',
  ].join('\n')
  const head = [
    'HTTP/1.1 403 Forbidden',
    'Date: Sun, 06 Nov 1994 08:49:37 GMT',
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Proxy-Status: soth-mitm; error=http_request_denied; details="policy_blocked"',
    '',
    '',
  ].join('\r\n')
  t.equal(Buffer.from(response).toString('latin1'), head + body)
})

t.test('a violation as JSON', async (t) => {
  const response = parseResponse(refusalResponse(CONNECT_VIOLATIONS.connect_port_missing, { nowMs: NOW_MS, format: 'json', target: 'a' }))
  t.match(response.fields, {
    'content-type': 'application/json',
    'proxy-status': /error=http_request_error; details="connect_port_missing"$/,
  })
  t.match(JSON.parse(Buffer.from(response.body).toString()), {
    code: 'connect_port_missing',
    status: 400,
    message: CONNECT_VIOLATIONS.connect_port_missing.message,
    remedy: CONNECT_VIOLATIONS.connect_port_missing.remedy,
    rule: 'RFC 9110 §9.3.6',
    target: 'a',
  })
})

t.test('every cause, in both formats, is framed and closes', async (t) => {
  for (const cause of [...Object.values(refusals), ...Object.values(CONNECT_VIOLATIONS)]) {
    for (const format of ['text', 'json'] as const) {
      const { statusLine, fields, body } = parseResponse(refusalResponse(cause, { nowMs: NOW_MS, format }))
      t.match(statusLine, new RegExp(`^HTTP/1\\.1 ${cause.status} [A-Z]`), cause.code)
      t.equal(fields['content-length'], String(body.length))
      t.match(fields, { connection: 'close', 'cache-control': 'no-store' })
      t.equal('proxy-authenticate' in fields, cause.status === 407)
      t.equal('allow' in fields, cause.status === 405)
      t.equal('retry-after' in fields, cause.status === 503)
    }
  }
})

t.test('HEAD gets the fields and no content', async (t) => {
  const { fields, body } = parseResponse(refusalResponse(refusals.draining, { nowMs: NOW_MS, method: 'HEAD' }))
  t.equal(body.length, 0)
  t.ok(Number(fields['content-length']) > 0)
  t.equal(fields['retry-after'], '5')
})

t.test('a rule’s own status and body', async (t) => {
  const response = parseResponse(refusalResponse(refusals.policy_blocked, { nowMs: NOW_MS, status: 451, body: 'nö', format: 'json' }))
  t.equal(response.statusLine, 'HTTP/1.1 451 Unavailable For Legal Reasons')
  t.match(response.fields, { 'content-type': /^text\/plain/, 'content-length': '3' })
  t.equal(Buffer.from(response.body).toString(), 'nö')
  t.match(parseResponse(refusalResponse(refusals.policy_blocked, { nowMs: NOW_MS, status: 499 })).statusLine, 'HTTP/1.1 499 Refused')
  t.throws(() => refusalResponse(refusals.policy_blocked, { nowMs: NOW_MS, status: 200 }), /invariant/)
})

t.test('the realm is quoted', async (t) => {
  const { fields } = parseResponse(refusalResponse(refusals.proxy_auth_required, { nowMs: NOW_MS, realm: 'a "b"\\\r\nX: ü' }))
  t.equal(fields['proxy-authenticate'], 'Basic realm="a \\"b\\"\\\\??X: ?", charset="UTF-8"')
  t.notOk('x' in fields)
})

t.test('property: no text of others breaks the framing', async (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 700 })
  const context = fc.record({ target: text, detail: text, realm: text, format: fc.constantFrom('text', 'json') })
  const property = fc.property(context, fc.constantFrom(...Object.values(refusals)), (given, cause) => {
    const { statusLine, fields, body } = parseResponse(refusalResponse(cause, { ...given, nowMs: NOW_MS } as RefusalContext))
    const known =
      /^(?:date|connection|content-type|content-length|cache-control|x-content-type-options|proxy-status|proxy-authenticate|allow|retry-after)$/
    if (!Object.keys(fields).every((name) => known.test(name))) throw new Error('a field was injected')
    if (fields['content-length'] !== String(body.length) || !statusLine.startsWith('HTTP/1.1 ')) throw new Error('framing')
    if (given.format === 'json') JSON.parse(Buffer.from(body).toString())
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
})
