/** HeldRequests in front of an Http1Layer: what is kept of the requests, until when, and when it is given for another connection. */

import t from 'tap'
import { UNANSWERED_OCTETS } from '../../../../src/shared/limits/origins.ts'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import type { HeadVerdict } from '../../../../src/workers/layers/http/http-handler.ts'
import type { MessageHead } from '../../../../src/workers/layers/http/message-head.ts'
import { HeldRequests } from '../../../../src/workers/layers/http1/held-requests.ts'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { CHUNKED, GET, get, OK } from '../../../support/octets/http1-messages.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

class Verdicts extends HttpRecorder {
  verdict: HeadVerdict = undefined

  override onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    super.onRequestHead(exchange, head)
    return this.verdict
  }
}

function started(mayRepeat = true) {
  const handler = new Verdicts()
  const layer = new HeldRequests(new Http1Layer({ handler }), () => mayRepeat)
  const relay = new LayerRelay(layer)
  const unanswered = () => {
    const held = layer.takeUnanswered()
    return held && Buffer.concat(held).toString('latin1')
  }
  return { handler, layer, relay, unanswered }
}

const WHOLE: readonly string[] = [GET, `${GET}${get('/next')}`, '']
for (const sent of WHOLE) {
  t.test(`what the origin was sent, however it came: ${sent.length} octets`, async (t) => {
    for (let split = 0; split <= sent.length; split++) {
      const { relay, unanswered } = started()
      for (const part of [sent.slice(0, split), sent.slice(split)]) if (part !== '') relay.feed(CLIENT, part)
      t.equal(relay.toOrigin, sent)
      t.equal(unanswered(), sent)
      t.equal(unanswered(), undefined, 'once')
    }
  })
}

t.test('as it went there, not as it came', async (t) => {
  const { handler, relay, unanswered } = started()
  const edited = get('/', 'Added: by-us\r\n')
  handler.verdict = { kind: 'replace', head: Buffer.from(edited) }
  relay.feed(CLIENT, GET)
  t.equal(relay.toOrigin, edited)
  t.equal(unanswered(), edited)
})

t.test('also behind a verdict that was waited for', async (t) => {
  const { handler, relay, unanswered } = started()
  handler.verdict = { kind: 'wait' }
  relay.feed(CLIENT, GET)
  t.equal(relay.toOrigin, '')
  handler.verdict = undefined
  relay.resume(CLIENT)
  t.equal(relay.toOrigin, GET)
  t.equal(unanswered(), GET)
})

t.test('a copy: the relay may use its memory again', async (t) => {
  const { layer, relay } = started()
  const octets = Buffer.from(GET)
  relay.feed(CLIENT, octets)
  octets.fill(0)
  t.equal(Buffer.concat(layer.takeUnanswered() ?? []).toString(), GET)
})

const TAKEN_BACK: readonly (readonly [name: string, side: Side, octets: string])[] = [
  ['an answer', ORIGIN, OK],
  ['half a head', ORIGIN, 'HTTP/1.1 2'],
  ['one octet', ORIGIN, 'H'],
  ['an interim answer', ORIGIN, 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ['what is no HTTP', ORIGIN, '\u0000'],
  ['a body without end', ORIGIN, CHUNKED],
  ['more than is kept', CLIENT, get('/', `Long: ${'x'.repeat(UNANSWERED_OCTETS)}\r\n`)],
]

t.test('nothing is given once it may be too late', async (t) => {
  for (const [name, side, octets] of TAKEN_BACK) {
    const { relay, unanswered } = started()
    relay.feed(CLIENT, GET)
    relay.feed(side, octets)
    t.equal(unanswered(), undefined, name)
  }
  const { relay, unanswered } = started()
  relay.feed(CLIENT, GET)
  relay.fin(CLIENT)
  t.equal(unanswered(), undefined, 'the client is done')
})

t.test('the limit itself is kept', async (t) => {
  const { relay, unanswered } = started()
  const sent = get('/', `Long: ${'x'.repeat(UNANSWERED_OCTETS - get('/', 'Long: \r\n').length)}\r\n`)
  t.equal(sent.length, UNANSWERED_OCTETS)
  relay.feed(CLIENT, sent)
  t.equal(unanswered(), sent)
})

t.test('what may not be asked twice is not given; where nothing was asked, anything may be', async (t) => {
  const asked = started(false)
  asked.relay.feed(CLIENT, GET)
  t.equal(asked.unanswered(), undefined)
  t.equal(started(false).unanswered(), '')
})

t.test('the layer behind goes on as if the first connection had never been', async (t) => {
  const { handler, layer, relay, unanswered } = started()
  relay.feed(CLIENT, GET)
  t.equal(unanswered(), GET)
  relay.feed(ORIGIN, OK)
  t.equal(relay.toClient, OK)
  t.equal(layer.wakeAt, Number.POSITIVE_INFINITY)
  const ends = handler.facts.filter(({ fact }) => fact === 'exchangeEnd')
  t.match(ends, [{ reason: 'completed' }])
})
