/** BodyOutlet: order, time and room of what an edit asks to be sent; and that nothing lent is kept. */

import t from 'tap'
import type { BodySink } from '../../../../src/workers/layers/http/body-mutator.ts'
import { BodyOutlet, type OutletTarget } from '../../../../src/workers/layers/http/body-outlet.ts'
import { seededRandom } from '../../../support/chunkings.ts'

class Target implements OutletTarget {
  room = Number.POSITIVE_INFINITY
  text = ''

  send(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString('latin1')
    this.room -= bytes.length
  }
  sendRaw(bytes: Uint8Array): void {
    this.text += `<${Buffer.from(bytes).toString('latin1')}>`
  }
  end(trailers: Uint8Array | undefined, early: boolean): void {
    this.text += `|end ${early} ${trailers === undefined ? '' : Buffer.from(trailers).toString('latin1')}`
  }
  cut(how: 'fin' | 'reset', code: number | undefined): void {
    this.text += `|cut ${how} ${code}`
  }
}

const octets = (text: string) => Buffer.from(text, 'latin1')

function outletOf(execute: (bytes: Uint8Array, out: BodySink) => void, finish: (out: BodySink) => void = () => {}): BodyOutlet {
  return new BodyOutlet({ keepsLength: false, headDelayMs: 0, execute, finish })
}

t.test('what is not delayed goes at once', async (t) => {
  const target = new Target()
  const outlet = outletOf((bytes, out) => out.write(bytes))
  outlet.execute(octets('ab'), 5)
  outlet.drain(5, target)
  outlet.finish(6, octets('T: v\r\n'))
  outlet.drain(6, target)
  t.equal(target.text, 'ab|end false T: v\r\n')
  t.notOk(outlet.isHeld)
  t.ok(outlet.over)
  t.notOk(outlet.early)
})

t.test('delays add up, from the later of now and what waits', async (t) => {
  const target = new Target()
  const outlet = outletOf((bytes, out) => {
    out.delay(10)
    out.write(bytes)
  })
  for (const now of [0, 4, 100]) {
    outlet.execute(octets(String(now)), now)
    outlet.drain(now, target)
    outlet.keep()
  }
  t.equal(outlet.wakeAt, 110)
  t.equal(target.text, '04')
  outlet.drain(110, target)
  t.equal(target.text, '04100')
  t.equal(outlet.wakeAt, Number.POSITIVE_INFINITY)
})

t.test('nothing follows an end or a cut', async (t) => {
  for (const over of [(out: BodySink) => out.end(), (out: BodySink) => out.cut('reset', 8)]) {
    const target = new Target()
    const outlet = outletOf((_, out) => {
      over(out)
      out.write(octets('x'))
      out.writeRaw(octets('x'))
      out.fill(10, 1, octets('x'))
      out.end()
      out.cut('fin')
    })
    outlet.execute(octets('a'), 0)
    outlet.execute(octets('b'), 0)
    outlet.finish(0, undefined)
    outlet.drain(100, target)
    t.match(target.text, /^\|(end true |cut reset 8)$/)
    t.ok(outlet.early)
  }
})

t.test('no room: the rest waits, and not for time', async (t) => {
  const target = new Target()
  const outlet = outletOf(
    (bytes, out) => out.write(bytes),
    (out) => out.writeRaw(octets('r')),
  )
  target.room = 3
  const lent = octets('abcde')
  outlet.execute(lent, 0)
  outlet.drain(0, target)
  outlet.keep()
  lent.fill(0)
  outlet.finish(0, undefined)
  t.equal(target.text, 'abc')
  t.equal(outlet.heldBytes, 3)
  t.equal(outlet.wakeAt, Number.POSITIVE_INFINITY)
  target.room = 10
  outlet.drain(0, target)
  t.equal(target.text, 'abcde<r>|end false ')
  t.equal(outlet.heldBytes, 0)
})

t.test('a filler without room is left out', async (t) => {
  const target = new Target()
  const outlet = outletOf((bytes, out) => {
    out.fill(100, 40, octets(':'))
    out.write(bytes)
  })
  outlet.execute(octets('a'), 0)
  target.room = 0
  outlet.drain(40, target)
  target.room = 10
  outlet.drain(80, target)
  t.equal(target.text, ':')
  outlet.drain(100, target)
  t.equal(target.text, ':a')
})

t.test('any schedule: the same octets in the same order, none before its time', async (t) => {
  const random = seededRandom(7)
  for (let round = 0; round < 300; round++) {
    const target = new Target()
    let written = ''
    let dueAt = 0
    let now = 0
    const due: number[] = []
    const outlet = outletOf((bytes, out) => {
      for (const octet of bytes) {
        if (random() < 0.3) {
          const ms = Math.floor(random() * 20)
          out.delay(ms)
          dueAt = Math.max(dueAt, now) + ms
        }
        out.write(Uint8Array.of(octet))
        written += String.fromCharCode(octet)
        due.push(dueAt)
      }
    })
    target.room = 0
    for (let step = 0; step < 20; step++) {
      now += Math.floor(random() * 15)
      const lent = Buffer.from(Array.from({ length: Math.floor(random() * 5) }, () => 97 + Math.floor(random() * 26)))
      outlet.execute(lent, now)
      target.room += Math.floor(random() * 5)
      outlet.drain(now, target)
      outlet.keep()
      lent.fill(0)
      if (!written.startsWith(target.text) || due.slice(0, target.text.length).some((at) => at > now)) throw new Error(`round ${round}`)
      if (outlet.heldBytes !== written.length - target.text.length) throw new Error(`round ${round}: held`)
    }
    target.room = Number.POSITIVE_INFINITY
    outlet.drain(dueAt + now, target)
    if (target.text !== written) throw new Error(`round ${round}: lost`)
  }
  t.pass('300 schedules')
})
