/** asksForUdp: the two forms of RFC 9298, and what is none; over HTTP/2 through the layer, so that `:protocol` reaches the head. */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { asksForUdp } from '../../../../src/workers/layers/http/connect-udp.ts'
import { MessageHead } from '../../../../src/workers/layers/http/message-head.ts'
import { Http2Layer } from '../../../../src/workers/layers/http2/http2-layer.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { GET, headers, PREFACE, settings, settingsAck } from '../../../support/octets/http2-frames.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

const SETTING_ENABLE_CONNECT_PROTOCOL = 8

function upgrading(value: string): MessageHead {
  const head = new MessageHead()
  const bytes = Buffer.from(`Upgrade: ${value}\r\n`)
  head.fields.reset(bytes, 0)
  head.fields.add(0, 7, 9, bytes.length - 2)
  return head
}

t.test('HTTP/1.1', (t) => {
  t.ok(asksForUdp(upgrading('connect-udp')))
  t.ok(asksForUdp(upgrading('websocket, Connect-UDP')))
  t.notOk(asksForUdp(upgrading('websocket')))
  t.notOk(asksForUdp(new MessageHead()))
  t.end()
})

t.test('HTTP/2', (t) => {
  const asked: [number, boolean][] = []
  class Asker extends HttpRecorder {
    override onRequestHead(exchange: number, head: MessageHead) {
      asked.push([exchange, asksForUdp(head)])
      return super.onRequestHead(exchange, head)
    }
  }
  const relay = new LayerRelay(new Http2Layer({ handler: new Asker(), now: () => 0 }))
  const extended = (protocol: string) =>
    [
      [':method', 'CONNECT'],
      [':protocol', protocol],
      [':scheme', 'https'],
      [':path', '/.well-known/masque/udp/192.0.2.6/443/'],
      [':authority', 'a.example'],
      ['capsule-protocol', '?1'],
    ] as const
  relay.feed(CLIENT, Buffer.concat([PREFACE, settings()]))
  relay.feed(ORIGIN, Buffer.concat([settings([SETTING_ENABLE_CONNECT_PROTOCOL, 1]), settingsAck()]))
  relay.feed(
    CLIENT,
    Buffer.concat([settingsAck(), headers(1, extended('connect-udp')), headers(3, extended('websocket')), headers(5, GET, true)]),
  )
  t.same(asked, [
    [1, true],
    [3, false],
    [5, false],
  ])
  t.end()
})
