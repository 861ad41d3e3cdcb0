/**
 * WebSocket frames come out as sent whatever the splits, and the parser is idle only between frames (RFC 6455 §5.2).
 */

import t from 'tap'
import { FrameParser, type FrameSink } from '../../../../src/workers/layers/websocket/frame-parser.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { frame, MASK } from '../../../support/octets/websocket-frames.ts'

class Recorder implements FrameSink {
  readonly facts: unknown[][] = []
  #payload: number[] = []
  onFrameHead(f: FrameParser): undefined {
    this.facts.push(['head', f.fin, f.reserved, f.opcode, f.masked, f.size, f.masked ? [...f.maskKey] : []])
    this.#payload = []
  }
  onFramePayload(f: FrameParser, bytes: Uint8Array, start: number, end: number): undefined {
    t.equal(f.seen, this.#payload.length)
    this.#payload.push(...bytes.subarray(start, end))
  }
  onFrameEnd(): undefined {
    this.facts.push(['end', Buffer.from(this.#payload).toString('hex')])
  }
}

t.test('heads and payloads as sent, whatever the splits; idle only between frames', async (t) => {
  const payload = Uint8Array.of(1, 2, 3)
  const frames = [
    frame({ opcode: 2, payload, mask: MASK }),
    frame({ opcode: 9, fin: false, reserved: 5 }),
    frame({ opcode: 1, payload: new Uint8Array(126) }),
  ]
  const input = Buffer.concat(frames)
  const masked = payload.map((byte, i) => byte ^ (MASK[i] as number))
  for (const chunks of chunkings(input)) {
    const recorder = new Recorder()
    const parser = new FrameParser(recorder)
    t.ok(parser.idle)
    let seen = 0
    const ends = [0, (frames[0] as Uint8Array).length, (frames[0] as Uint8Array).length + 2, input.length]
    for (const chunk of chunks) {
      t.equal(parser.execute(chunk), undefined)
      seen += chunk.length
      t.equal(parser.idle, ends.includes(seen))
    }
    t.same(recorder.facts, [
      ['head', true, 0, 2, true, 3, [...MASK]],
      ['end', Buffer.from(masked).toString('hex')],
      ['head', false, 5, 9, false, 0, []],
      ['end', ''],
      ['head', true, 0, 1, false, 126, []],
      ['end', '00'.repeat(126)],
    ])
  }
})
