/**
 * Octets behind a switch of protocols that a handler edits: what is sent, and read by the successor, in every split; waits, ends,
 * cuts; the other side passes.
 */

import t from 'tap'
import type { CloseReason } from '../../../../src/shared/events/close-reasons.ts'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { type Layer, type Outcome, PASS } from '../../../../src/workers/layers/layer.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { type Script, scriptedEdit } from '../../../support/octets/body-edits.ts'
import { get } from '../../../support/octets/http1-messages.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

const UPGRADE = get('/', 'Connection: upgrade\r\nUpgrade: demo\r\n')
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: demo\r\n\r\n'

/** A layer that notes what it reads. */
class Notes implements Layer {
  readonly read: [string, string] = ['', '']
  aborted = ''

  execute(side: Side, bytes: Uint8Array): Outcome {
    this.read[side] += Buffer.from(bytes).toString('latin1')
    return PASS
  }
  finish(side: Side): Outcome {
    this.read[side] += '|'
    return PASS
  }
  resume(): Outcome {
    return PASS
  }
  abort(reason: CloseReason): void {
    this.aborted = reason
  }
}

function switched(script: Script, side: Side) {
  const notes = new Notes()
  const recorder = new HttpRecorder({
    upgrade: () => {
      layer.successor = notes
    },
    switched: (_exchange, sender) => (sender === side ? scriptedEdit(script) : undefined),
  })
  const layer = new Http1Layer({ handler: recorder, now: () => relay.now })
  const relay = new LayerRelay(layer)
  relay.feed(CLIENT, UPGRADE)
  return { relay, notes }
}

t.test('one side is edited, the other passes, in every split', async (t) => {
  const script: Script = { '-': (out) => out.delay(10), '.': () => {}, finish: (out) => out.write(Buffer.from('!')) }
  for (const chunks of chunkings(Buffer.from(`${SWITCH}ab-c.d`, 'latin1'))) {
    const { relay, notes } = switched(script, ORIGIN)
    relay.feedAll(ORIGIN, chunks)
    relay.feed(CLIENT, 'hello')
    t.equal(relay.toClient, `${SWITCH}AB`)
    t.equal(relay.toOrigin, `${UPGRADE}hello`)
    relay.advance(10)
    t.equal(relay.toClient, `${SWITCH}ABCD`)
    t.same(notes.read, ['hello', 'ABCD'], 'what was sent is read')
    relay.fin(ORIGIN)
    t.equal(relay.toClient, `${SWITCH}ABCD!`)
    t.ok(relay.ended[CLIENT])
    t.same(relay.paused, [false, false])
  }
})

t.test('cuts close the session, after a wait too', async (t) => {
  const acts: readonly (readonly [Script[string], boolean])[] = [
    [(out) => out.cut('fin'), false],
    [(out) => out.cut('reset'), true],
  ]
  for (const [act, abrupt] of acts) {
    for (const wait of [0, 20]) {
      const script: Script = {
        '!': (out) => {
          if (wait > 0) out.delay(wait)
          act?.(out)
        },
      }
      const { relay, notes } = switched(script, CLIENT)
      relay.feed(ORIGIN, SWITCH)
      relay.feed(CLIENT, 'ab!cd')
      t.equal(relay.close === undefined, wait > 0)
      relay.advance(wait)
      t.match(relay.close, { reason: 'fault_injected', abrupt })
      t.equal(relay.toOrigin, `${UPGRADE}AB`)
      t.equal(notes.read[CLIENT], 'AB')
      relay.layer.abort('fault_injected')
      t.equal(notes.aborted, 'fault_injected')
    }
  }
})

t.test('an early end of the origin closes the session; that of the client is a half-close, which the origin answers', async (t) => {
  const script: Script = { '!': (out) => out.end() }
  const origins = switched(script, ORIGIN)
  origins.relay.feed(ORIGIN, `${SWITCH}ab!cd`)
  t.match(origins.relay.close, { reason: 'fault_injected', abrupt: false })
  const { relay, notes } = switched(script, CLIENT)
  relay.feed(ORIGIN, SWITCH)
  relay.feed(CLIENT, 'ab!cd')
  t.same([relay.toOrigin, relay.ended, relay.close], [`${UPGRADE}AB`, [false, true], undefined])
  t.equal(notes.aborted, 'fault_injected')
  relay.feed(ORIGIN, 'farewell')
  relay.fin(ORIGIN)
  t.equal(relay.toClient, `${SWITCH}farewell`)
  t.same([relay.ended, notes.read[ORIGIN]], [[true, true], ''])
})
