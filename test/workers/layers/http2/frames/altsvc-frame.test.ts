/** altSvcValue: payloads of ALTSVC frames (RFC 7838 §4), and the layer that leaves or strips them. */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../../src/shared/side.ts'
import { altSvcValue } from '../../../../../src/workers/layers/http2/frames/altsvc-frame.ts'
import { Http2Layer } from '../../../../../src/workers/layers/http2/http2-layer.ts'
import { chunkings } from '../../../../support/chunkings.ts'
import { LayerRelay } from '../../../../support/harnesses/layer-relay.ts'
import { frame, GET, headers, PREFACE, settings } from '../../../../support/octets/http2-frames.ts'
import { HttpRecorder } from '../../../../support/recorders/http-recorder.ts'

const ALTSVC = 0xa

const payload = (origin: string, value: string) => Buffer.concat([Buffer.from([0, origin.length]), Buffer.from(origin + value, 'latin1')])

t.test('payloads', (t) => {
  const read = (streamId: number, bytes: Uint8Array) => altSvcValue(streamId, bytes, 0, bytes.length)
  t.equal(read(0, payload('https://a.example', 'h3=":443"')), 'h3=":443"')
  t.equal(read(1, payload('', 'h3=":443"')), 'h3=":443"')
  t.equal(read(1, payload('', '')), '')
  t.equal(read(0, payload('', 'h3=":443"')), undefined, 'the connection, without an origin')
  t.equal(read(1, payload('https://a.example', 'h3=":443"')), undefined, 'a stream, with an origin')
  t.equal(read(0, Buffer.from([0])), undefined)
  t.equal(read(0, Buffer.from([0, 9, 65])), undefined, 'shorter than its origin')
  t.end()
})

class AltSvcRecorder extends HttpRecorder {
  readonly told: unknown[] = []

  onAltSvc(exchange: number, value: string, stripped: boolean): void {
    this.told.push([exchange, value, stripped])
  }
}

t.test('an origin’s frames are told, and stripped where that is asked for; a client’s pass', (t) => {
  const opening = Buffer.concat([PREFACE, settings(), headers(1, GET, true), frame(ALTSVC, 0, 1, payload('', 'h3=":1"'))])
  const response = headers(1, [[':status', '200']], true)
  const onConnection = frame(ALTSVC, 0, 0, payload('https://x', 'h3=":443"'))
  const onStream = frame(ALTSVC, 0, 1, payload('', 'clear'))
  const meaningless = frame(ALTSVC, 0, 0, payload('', 'h3=":2"'))
  const long = frame(ALTSVC, 0, 0, payload('https://x', `h3=":3"${' '.repeat(6_000)}`))
  const fromOrigin = Buffer.concat([settings(), onConnection, onStream, meaningless, long, response])
  for (const stripsAltSvc of [false, true]) {
    const expected = stripsAltSvc ? Buffer.concat([settings(), response]) : fromOrigin
    let splits = 0
    for (const chunks of chunkings(fromOrigin)) {
      // Every two-split of 6,000 octets is more than it takes.
      if (splits++ > 400) break
      const recorder = new AltSvcRecorder()
      const relay = new LayerRelay(new Http2Layer({ handler: recorder, now: () => 0, stripsAltSvc }))
      relay.feed(CLIENT, opening)
      relay.feedAll(ORIGIN, chunks)
      const told = JSON.stringify(recorder.told.map((fact) => String(fact).trimEnd().replace(/ {2,}/, '')))
      const wanted = [`0,h3=":443",${stripsAltSvc}`, `1,clear,${stripsAltSvc}`, `0,h3=":3",${stripsAltSvc}`]
      if (told !== JSON.stringify(wanted) || relay.toClient !== expected.toString('latin1')) {
        t.same(told, JSON.stringify(wanted), `split ${splits}`)
        t.equal(relay.toClient, expected.toString('latin1'))
        break
      }
      if (relay.toOrigin !== opening.toString('latin1')) {
        t.fail('the client’s frame passes')
        break
      }
    }
    t.ok(splits > 300, `${splits} splits`)
  }
  t.end()
})
