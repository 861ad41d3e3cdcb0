/**
 * Http1Layer: valid conversations, whole and in every split, relayed octet for octet with the facts expected.
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { HttpRecorder } from '../../../support/http-recorder.ts'
import { LayerRelay } from '../../../support/layer-relay.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

t.test('a request and its response pass without a plan', async (t) => {
  const recorder = new HttpRecorder()
  const relay = new LayerRelay(new Http1Layer({ handler: recorder }))
  relay.feed(CLIENT, GET)
  relay.feed(ORIGIN, OK)
  t.equal(relay.toOrigin, GET)
  t.equal(relay.toClient, OK)
  t.equal(relay.passes, 2)
  t.same(recorder.ends, ['0:completed'])
})
