/** CannedResponder: every request is observed, answered with a response made for it, and none reaches the origin. */

import t from 'tap'
import { CLIENT } from '../../../src/shared/side.ts'
import { Http1Layer } from '../../../src/workers/layers/http1/http1-layer.ts'
import { CannedResponder } from '../../../src/workers/observers/canned-responder.ts'
import { LayerRelay } from '../../support/harnesses/layer-relay.ts'
import { get } from '../../support/octets/http1-messages.ts'
import { HttpRecorder } from '../../support/recorders/http-recorder.ts'

t.test('pipelined requests, each with its own answer', async (t) => {
  const recorder = new HttpRecorder()
  const responder = new CannedResponder(
    recorder,
    ({ target }) => Buffer.from(`HTTP/1.1 502 Bad Gateway\r\nContent-Length: ${target.length}\r\n\r\n${target}`),
    'tls_handshake_failed',
  )
  const relay = new LayerRelay(new Http1Layer({ handler: responder }))
  relay.feed(CLIENT, get('/one') + get('/three'))
  t.equal(relay.toOrigin, '')
  t.equal(
    relay.toClient,
    'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\n/oneHTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n/three',
  )
  t.same(recorder.ends, ['0:tls_handshake_failed', '1:tls_handshake_failed'])
  t.same(
    recorder.facts.filter(({ fact }) => fact === 'requestHead').map(({ target }) => target),
    ['/one', '/three'],
  )
})
