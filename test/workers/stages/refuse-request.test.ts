/** Mirror test of `src/workers/stages/refuse-request.ts`: one refusal as text, as JSON, as a status of gRPC and its kin, and with a body of a rule's own. */

import t from 'tap'
import { refusals } from '../../../src/shared/refusals/registry.ts'
import { statusMessage } from '../../../src/workers/layers/grpc/grpc-values.ts'
import { type ReplyForm, replyForm } from '../../../src/workers/layers/http/reply-form.ts'
import { type RequestRefusal, refuseRequest } from '../../../src/workers/stages/refuse-request.ts'
import { messageHeadOf } from '../../support/octets/field-section-of.ts'
import { parseResponse } from '../../support/recorders/parse-response.ts'

const NOW_MS = Date.UTC(1994, 10, 6, 8, 49, 37)

function refuse(form: ReplyForm, more: Partial<RequestRefusal> = {}, cause = refusals.upstream_tls_failed) {
  const { statusLine, fields, body } = parseResponse(refuseRequest(cause, form, { nowMs: NOW_MS, isHttp2: true, target: 'a:443', ...more }))
  return { statusLine, fields, body: Buffer.from(body).toString() }
}

t.test('text and JSON', async (t) => {
  t.match(refuse('text'), { statusLine: /^HTTP\/1\.1 502 /, body: /^soth-mitm: The TLS handshake[\s\S]*code: upstream_tls_failed/ })
  t.match(JSON.parse(refuse('json').body), { code: 'upstream_tls_failed', status: 502 })
})

t.test('a call gets the status that its client would make of the HTTP status, and the reason', async (t) => {
  const { statusLine, fields, body } = refuse({ variant: 'grpc', codec: 'proto' }, { detail: 'alert 116: “no” 100 %' })
  t.equal(statusLine, 'HTTP/1.1 200 OK')
  t.equal(body, '')
  const message = fields['grpc-message'] ?? ''
  t.same(fields, {
    date: 'Sun, 06 Nov 1994 08:49:37 GMT',
    'content-type': 'application/grpc+proto',
    'grpc-status': '14',
    'grpc-message': message,
    'proxy-status': 'soth-mitm; error=tls_protocol_error; details="upstream_tls_failed"',
    connection: 'close',
  })
  t.match(message, /^[ -~]+$/)
  t.equal(
    statusMessage(message),
    'soth-mitm: The TLS handshake with the origin failed. Look at the event tls_handshake_failed for the reason. ' +
      '(code: upstream_tls_failed; target: a:443; detail: alert 116: “no” 100 %)',
  )
  const call = { variant: 'grpc', codec: 'proto' } as const
  const statuses = { policy_blocked: '7', proxy_auth_required: '2', internal_error: '2', upstream_tls_timeout: '14', session_limit: '14' }
  for (const [code, status] of Object.entries(statuses)) {
    t.equal(refuse(call, {}, refusals[code as keyof typeof statuses]).fields['grpc-status'], status, code)
  }
  const own: readonly (readonly [status: number, grpc: string])[] = [
    [400, '13'],
    [401, '16'],
    [404, '12'],
    [429, '14'],
    [451, '2'],
  ]
  for (const [status, grpc] of own) t.equal(refuse(call, { status }).fields['grpc-status'], grpc, `${status}`)
})

t.test('gRPC-Web in HTTP/1.1 has a length, and the connection may go on', async (t) => {
  const { fields } = refuse({ variant: 'grpc-web-text', codec: 'proto' }, { isHttp2: false, isPersistent: true })
  t.match(fields, { 'content-type': 'application/grpc-web-text+proto', 'content-length': '0', 'grpc-status': '14' })
  t.notOk('connection' in fields)
})

t.test('the body of a rule’s own is sent to calls too', async (t) => {
  const { statusLine, body } = refuse({ variant: 'grpc', codec: 'proto' }, { body: 'mine', status: 451 }, refusals.policy_blocked)
  t.match(statusLine, /^HTTP\/1\.1 451 /)
  t.equal(body, 'mine')
})

t.test('which form a request wants', async (t) => {
  const call = { variant: 'grpc', codec: 'proto' }
  const table: readonly (readonly [fields: readonly string[], version: 11 | 20, form: unknown])[] = [
    [[], 20, 'text'],
    [['Accept: application/json'], 20, 'json'],
    [['Content-Type: application/grpc'], 20, call],
    [['Content-Type: application/grpc+proto; x=y', 'Accept: application/json'], 20, call],
    // There is no gRPC in HTTP/1.1: whatever this is, it reads HTTP.
    [['Content-Type: application/grpc'], 11, 'text'],
    [['Content-Type: application/grpc-web+json'], 11, { variant: 'grpc-web', codec: 'json' }],
    [['Content-Type: application/connect+proto', 'Accept: application/json'], 20, 'json'],
    [['Content-Type: application/proto', 'Connect-Protocol-Version: 1'], 20, 'text'],
    [['Content-Type: application/grpcish'], 20, 'text'],
  ]
  for (const [fields, version, form] of table) {
    const head = messageHeadOf('POST /a.B/C HTTP/1.1', ...fields)
    head.version = version
    t.same(replyForm(head), form, `${version} ${fields.join(', ')}`)
  }
})
