/**
 * Http1Layer with an answer for the case that its origin goes before it has answered anything: by FIN or by an error, before the
 * request, in it and behind it. An origin that has answered once goes as it came.
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { PLANNED } from '../../../../src/workers/layers/layer.ts'
import { Plan } from '../../../../src/workers/layers/plan.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { GET, HALF_POST, HEAD, OK } from '../../../support/octets/http1-messages.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

const LOST = 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlost'
const LOST_HEAD = LOST.slice(0, -4)

function started(): { relay: LayerRelay; recorder: HttpRecorder; layer: Http1Layer } {
  const recorder = new HttpRecorder()
  const layer = new Http1Layer({ handler: recorder })
  layer.lostAnswer = () => Buffer.from(LOST)
  return { relay: new LayerRelay(layer), recorder, layer }
}

/** Where the client is when the origin goes, and what it then reads. */
const WAITING: readonly (readonly [name: string, request: string, answer: string])[] = [
  ['a request', GET, LOST],
  ['HEAD', HEAD, LOST_HEAD],
  ['half a request', HALF_POST, LOST],
  ['two requests', `${GET}${GET}`, LOST],
]

t.test('a request that waits is answered, and the session closes', async (t) => {
  for (const [name, request, answer] of WAITING) {
    const { relay, recorder } = started()
    relay.feed(CLIENT, request)
    relay.fin(ORIGIN)
    t.equal(relay.toClient, answer, name)
    t.match(relay.close, { reason: 'upstream_closed_early', abrupt: false }, name)
    const ends = recorder.facts.filter(({ fact }) => fact === 'exchangeEnd')
    t.ok(ends.length > 0 && ends.every(({ reason }) => reason === 'upstream_closed_early'), name)
  }
})

t.test('an error is told by its own reason', async (t) => {
  const { relay, layer } = started()
  relay.feed(CLIENT, GET)
  const plan = new Plan()
  t.equal(layer.answerLost(plan), PLANNED)
  t.equal(Buffer.concat(plan.writes[CLIENT]).toString(), LOST)
  t.match(plan.close, { reason: 'upstream_reset', abrupt: false })
})

t.test('before the first request: it is the answer to that one, which the origin does not get', async (t) => {
  for (const request of [GET, HEAD]) {
    const { relay } = started()
    relay.fin(ORIGIN)
    t.equal(relay.toClient, '')
    t.equal(relay.close, undefined)
    relay.feed(CLIENT, request)
    t.equal(relay.toOrigin, '')
    t.equal(relay.toClient, request === HEAD ? LOST_HEAD : LOST)
    t.match(relay.close, { abrupt: false })
  }
})

t.test(
  'nothing is added to an answer that has begun, nor where the origin has answered before, nor for a client that is done',
  async (t) => {
    for (const sent of [OK, OK.slice(0, 12), `${OK.slice(0, -1)}`]) {
      const { relay, layer } = started()
      relay.feed(CLIENT, GET)
      relay.feed(ORIGIN, sent)
      layer.lostAnswer = () => Buffer.from(LOST)
      relay.fin(ORIGIN)
      t.equal(relay.toClient.includes('lost'), false, JSON.stringify(sent))
      relay.feed(CLIENT, GET)
      t.equal(relay.toClient.includes('lost'), false)
    }
    const { relay } = started()
    relay.fin(CLIENT)
    relay.fin(ORIGIN)
    t.equal(relay.toClient, '')
    t.equal(relay.ended[CLIENT], true)
  },
)
