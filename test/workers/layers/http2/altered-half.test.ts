/**
 * Altered streams in HTTP/2. Properties, for any edit, window, split and interleaving: no window of the receiver is exceeded,
 * nothing is lost or told twice, the sender gets back all that it used, and streams that are not altered are not touched.
 */

import t, { type Test } from 'tap'
import { HELD_STREAM_BYTES } from '../../../../src/shared/limits/faults.ts'
import { CLIENT, ORIGIN, otherSide, type Side } from '../../../../src/shared/side.ts'
import type { BodyEdit } from '../../../../src/workers/layers/http/body-mutator.ts'
import { Http2Layer } from '../../../../src/workers/layers/http2/http2-layer.ts'
import { seededRandom } from '../../../support/chunkings.ts'
import { Http2WindowPeer } from '../../../support/harnesses/http2-window-peer.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { openedHttp2, storyOf } from '../../../support/harnesses/opened-http2.ts'
import { type Script, scriptedEdit } from '../../../support/octets/body-edits.ts'
import {
  data,
  type FieldList,
  GET,
  headers,
  POST,
  PREFACE,
  readFrames,
  settings,
  settingsAck,
  windowUpdate,
} from '../../../support/octets/http2-frames.ts'
import { HttpRecorder, type Verdicts } from '../../../support/recorders/http-recorder.ts'

const ROUNDS = 150
const STREAMS = 6
const CANCEL = 8
const FULL_WINDOW = 65_535
const FRAME = 16_384
const OK: FieldList = [[':status', '200']]
const TRAILERS: FieldList = [['checksum', 'x']]

/** Streams whose number, halved, is odd are altered. */
const isAltered = (id: number) => ((id - 1) / 2) % 2 === 1

const SCRIPT: Script = {
  '-': (out) => out.delay(7),
  '+': (out) => out.write(Buffer.from('++++')),
  '.': () => {},
  '~': (out) => out.fill(20, 6, Buffer.from(':')),
  '!': (out) => out.end(),
  '^': (out) => out.cut('reset', 2),
}

/** What SCRIPT makes of `body`; fillers are left out. */
function edited(body: string): { text: string; fate: 'ended' | 'early' | 'cut' } {
  let text = ''
  for (const character of body) {
    if (character === '!') return { text, fate: 'early' }
    if (character === '^') return { text, fate: 'cut' }
    if (character === '+') text += '++++'
    else if (!'-.~'.includes(character)) text += character.toUpperCase()
  }
  return { text, fate: 'ended' }
}

class Rig {
  readonly recorder: HttpRecorder
  readonly relay: LayerRelay
  readonly peers: readonly [Http2WindowPeer, Http2WindowPeer]
  readonly sender: Side
  readonly receiver: Side
  readonly #random: () => number

  constructor(sender: Side, window: number, random: () => number, verdicts: Verdicts) {
    this.sender = sender
    this.receiver = otherSide(sender)
    this.#random = random
    this.recorder = new HttpRecorder(verdicts)
    let relay: LayerRelay | undefined
    relay = new LayerRelay(new Http2Layer({ handler: this.recorder, now: () => relay?.now ?? 0 }))
    this.relay = relay
    const peer = (side: Side) => (side === sender ? new Http2WindowPeer(window, 65_535) : new Http2WindowPeer(65_535, window))
    this.peers = [peer(CLIENT), peer(ORIGIN)]
    const windowed = settings([4, window])
    relay.feed(CLIENT, Buffer.concat([PREFACE, this.receiver === CLIENT ? windowed : settings()]))
    relay.feed(ORIGIN, Buffer.concat([this.receiver === ORIGIN ? windowed : settings(), settingsAck()]))
    relay.feed(CLIENT, settingsAck())
    this.settle()
  }

  get from(): Http2WindowPeer {
    return this.peers[this.sender]
  }

  get to(): Http2WindowPeer {
    return this.peers[this.receiver]
  }

  /** In pieces, so that frames are split. */
  feed(side: Side, octets: Uint8Array): void {
    for (let at = 0; at < octets.length; ) {
      const size = this.#random() < 0.5 ? octets.length : 1 + Math.floor(this.#random() * 12)
      this.relay.feed(side, octets.subarray(at, at + size))
      at += size
    }
    this.settle()
  }

  /** Leaves `room` octets of the connection's window, by a stream that nobody reads; returns what it took. */
  useUp(id: number, room: number): number {
    const { from, to } = this
    this.feed(CLIENT, headers(id, this.sender === CLIENT ? POST : GET, this.sender === ORIGIN))
    if (this.sender === ORIGIN) this.feed(ORIGIN, headers(id, OK))
    from.finished.add(id)
    to.gave(id, FULL_WINDOW)
    this.feed(this.receiver, windowUpdate(id, FULL_WINDOW))
    const octets = FULL_WINDOW - room
    for (let left = octets; left > 0; left -= FRAME) {
      from.sent(id, Math.min(left, FRAME))
      this.relay.feed(this.sender, data(id, 'x'.repeat(Math.min(left, FRAME))))
    }
    this.settle()
    to.owed -= octets
    to.owedByStream.delete(id)
    return octets
  }

  settle(): void {
    for (const side of [CLIENT, ORIGIN] as const) this.peers[side].take(Buffer.from(this.relay.received(side), 'latin1'))
  }

  /** The receiver gives back some, or all, of what it owes. */
  giveCredit(share: number): void {
    const { to } = this
    for (const id of [0, ...to.owedByStream.keys()]) {
      const owed = id === 0 ? to.owed : (to.owedByStream.get(id) ?? 0)
      const octets = Math.ceil(owed * share)
      if (octets === 0) continue
      to.gave(id, octets)
      this.feed(this.receiver, windowUpdate(id, octets))
    }
  }
}

function bodyOf(random: () => number): string {
  const alphabet = 'abcdefghijklmnop-+.~'
  const special = random()
  const length = Math.floor(random() * 120)
  let body = Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('')
  if (special < 0.15) body += `!${body}`
  else if (special < 0.3) body += `^${body}`
  return body
}

/** One conversation; returns what was wrong with it. */
function converse(sender: Side, random: () => number): string[] {
  const window = 1 + Math.floor(random() * 80)
  const verdicts: Verdicts = { edit: (exchange, side) => (side === sender && isAltered(exchange) ? scriptedEdit(SCRIPT) : undefined) }
  const rig = new Rig(sender, window, random, verdicts)
  const { from, to, relay } = rig
  const ids = Array.from({ length: STREAMS }, (_, n) => 2 * n + 3)
  const bodies = new Map(ids.map((id) => [id, bodyOf(random)]))
  const left = new Map(bodies)
  const trailed = new Set(ids.filter(() => random() < 0.4))
  const unread = random() < 0.5 ? rig.useUp(1, Math.floor(random() * 150)) : 0
  for (const id of ids) {
    rig.feed(CLIENT, headers(id, sender === CLIENT ? POST : GET, sender === ORIGIN))
    if (sender === ORIGIN) rig.feed(ORIGIN, headers(id, OK))
  }
  for (let step = 0; step < 4_000 && left.size > 0; step++) {
    const id = [...left.keys()][Math.floor(random() * left.size)] as number
    const rest = left.get(id) as string
    const isOver = from.stream(id).code !== -1
    const octets = isOver ? 0 : Math.min(rest.length, from.room(id), 1 + Math.floor(random() * 40))
    const isLast = !isOver && octets === rest.length
    if (octets > 0 || isLast) {
      from.sent(id, octets)
      if (isLast) from.finished.add(id)
      rig.feed(sender, data(id, rest.slice(0, octets), isLast && !trailed.has(id)))
      if (isLast && trailed.has(id)) rig.feed(sender, headers(id, TRAILERS, true))
    }
    if (isLast || isOver) left.delete(id)
    else left.set(id, rest.slice(octets))
    if (random() < 0.4) relay.advance(Math.floor(random() * 10))
    if (random() < 0.4) rig.giveCredit(random())
    rig.settle()
  }
  for (let step = 0; step < 1_000 && (relay.layer.wakeAt !== Number.POSITIVE_INFINITY || to.owed > 0); step++) {
    relay.advance(10)
    rig.settle()
    rig.giveCredit(1)
  }
  to.owed += unread
  rig.giveCredit(1)
  return judge(rig, bodies, left, trailed)
}

function judge(rig: Rig, bodies: ReadonlyMap<number, string>, left: ReadonlyMap<number, string>, trailed: ReadonlySet<number>): string[] {
  const { from, to, relay, recorder, sender } = rig
  const wrong = [...from.faults, ...to.faults, ...recorder.violations]
  const say = (what: string) => wrong.push(what)
  if (left.size > 0) say(`${left.size} bodies were never sent: the sender starves`)
  if (relay.close !== undefined) say(`closed: ${relay.close.reason}`)
  if (relay.paused.includes(true)) say('a direction stands still')
  if (from.sendWindow !== FULL_WINDOW) say(`the sender's connection window is ${from.sendWindow}`)
  for (const [id, body] of bodies) {
    const { text, ended, code, heads } = to.stream(id)
    const { text: expected, fate } = isAltered(id) ? edited(body) : ({ text: body, fate: 'ended' } as const)
    if (text.replaceAll(':', '') !== expected) say(`stream ${id}: ${text} for ${expected}`)
    if (ended !== (fate !== 'cut')) say(`stream ${id}: ${fate}, and its end has ${ended ? '' : 'not '}come`)
    if ((code === (sender === ORIGIN ? 2 : CANCEL)) !== (fate === 'cut')) say(`stream ${id}: ${fate} with code ${code}`)
    const told = recorder.of(id).find(({ fact }) => fact === (sender === CLIENT ? 'requestBody' : 'responseBody'))?.body ?? ''
    if (told !== text) say(`stream ${id}: told ${told} of ${text}`)
    const hasTrailers = trailed.has(id) && fate === 'ended'
    const trailers = recorder.of(id).filter(({ fact }) => fact.endsWith('Trailers')).length
    if (trailers !== (hasTrailers ? 1 : 0) || heads !== (hasTrailers ? 2 : 1))
      say(`stream ${id}: ${trailers} trailers told, ${heads} blocks`)
    const end = recorder.of(id).at(-1)
    if (sender === ORIGIN && end?.reason !== (fate === 'ended' ? 'completed' : 'fault_injected'))
      say(`stream ${id}: ${end?.fact} ${end?.reason}`)
    if (sender === ORIGIN && fate === 'cut' && from.stream(id).code !== CANCEL)
      say(`stream ${id}: the origin got code ${from.stream(id).code}`)
  }
  return wrong
}

for (const sender of [CLIENT, ORIGIN] as const) {
  t.test(`properties: what the ${sender === CLIENT ? 'client' : 'origin'} sends`, async (t: Test) => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const wrong = converse(sender, seededRandom(seed))
      if (wrong.length === 0) continue
      t.same(wrong, [], `seed ${seed}`)
      return
    }
    t.pass(`${ROUNDS} conversations`)
  })
}

t.test('above the bound of what may wait the direction stands still, and goes on', async (t) => {
  const id = 3
  const total = HELD_STREAM_BYTES + 500_000
  const relay = stalled(id, total)
  t.same(relay.paused, [false, true])
  t.equal(received(relay, id), 0)
  relay.advance(100)
  t.same(relay.paused, [false, false])
  t.equal(received(relay, id), total)
})

/** A connection whose origin has sent `total` octets on stream `id`, which wait for 100 ms, and whose client takes any number. */
function stalled(id: number, total: number): LayerRelay {
  let isFirst = true
  const edit: BodyEdit = {
    keepsLength: true,
    headDelayMs: 0,
    execute: (bytes, out) => {
      if (isFirst) out.delay(100)
      isFirst = false
      out.write(bytes)
    },
    finish: () => {},
  }
  const recorder = new HttpRecorder({ edit: (_exchange, side) => (side === ORIGIN ? edit : undefined) })
  let relay: LayerRelay | undefined
  relay = new LayerRelay(new Http2Layer({ handler: recorder, now: () => relay?.now ?? 0 }))
  relay.feed(CLIENT, Buffer.concat([PREFACE, settings(), windowUpdate(0, 2 * total), headers(id, GET, true), windowUpdate(id, 2 * total)]))
  relay.feed(ORIGIN, Buffer.concat([settings(), settingsAck(), headers(id, OK)]))
  for (let left = total; left > 0; left -= FRAME) relay.feed(ORIGIN, data(id, 'x'.repeat(Math.min(left, FRAME)), left <= FRAME))
  return relay
}

function received(relay: LayerRelay, id: number): number {
  return readFrames(Buffer.from(relay.toClient, 'latin1')).reduce(
    (sum, frame) => sum + (frame.type === 0 && frame.id === id ? frame.payload.length : 0),
    0,
  )
}

t.test('the end of an origin, behind what waits for credit', async (t) => {
  const twice: BodyEdit = {
    keepsLength: false,
    headDelayMs: 0,
    execute(bytes, out) {
      out.write(bytes)
      out.write(bytes)
    },
    finish() {},
  }
  const { relay, recorder } = openedHttp2({
    client: [[4, 4]],
    verdicts: { edit: (_exchange, side) => (side === ORIGIN ? twice : undefined) },
  })
  relay.feed(CLIENT, headers(1, GET, true))
  relay.feed(ORIGIN, Buffer.concat([headers(1, OK), data(1, 'abcd', true)]))
  relay.fin(ORIGIN)
  t.same([storyOf(relay, CLIENT, 1), relay.ended[CLIENT]], [['HEADERS', 'DATA 4'], false])
  relay.feed(CLIENT, windowUpdate(1, 100))
  t.same(storyOf(relay, CLIENT, 1), ['HEADERS', 'DATA 4', 'DATA 4', 'DATA 0.'])
  t.same([recorder.ends, relay.ended[CLIENT]], [['1:completed'], true])
})
