/**
 * PacedStream: nothing is lost, doubled or out of order whatever delays it; memory is bounded by not taking more; cuts are exact; ends
 * and errors of the socket pass.
 */

import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { HELD_BYTES, HELD_CHUNKS, PIECES_PER_TURN } from '../../../src/shared/limits/relay-faults.ts'
import { CLIENT } from '../../../src/shared/side.ts'
import { OctetCuts } from '../../../src/workers/faults/octet-cuts.ts'
import { Pace } from '../../../src/workers/faults/pace.ts'
import { PacedStream } from '../../../src/workers/faults/paced-stream.ts'
import { armed, type FaultInput } from '../../support/armed-faults.ts'
import { Received } from '../../support/proxy-client.ts'
import { socketPair } from '../../support/socket-pair.ts'

t.setTimeout(600_000)

async function paced(t: Test, faults: readonly FaultInput[], onCut: (stream: PacedStream) => void = () => undefined) {
  const { near, far } = await socketPair()
  t.teardown(() => {
    near.destroy()
    far.destroy()
  })
  const made = armed(faults)
  const cutsAt: number[] = []
  const stream: PacedStream = new PacedStream(near, CLIENT, new Pace(made), {
    cuts: new OctetCuts(made),
    onOctets: () => undefined,
    onCut: (_side, cut) => {
      cutsAt.push(cut.seen)
      onCut(stream)
    },
    onUnheardEnd: () => undefined,
  })
  stream.on('error', () => undefined)
  return { stream, near, far: new Received(far), cutsAt }
}

const OCTETS = Buffer.from(Array.from({ length: 3_000 }, (_, n) => n % 251))

const DELAYS: Readonly<Record<string, readonly FaultInput[]>> = {
  nothing: [],
  latency: [{ kind: 'latency', distribution: 'uniform', min_ms: 0, max_ms: 20 }],
  bandwidth: [{ kind: 'bandwidth', bytes_per_second: 60_000 }],
  slices: [{ kind: 'slice', bytes: 7, variation: 3 }],
  'all of them': [
    { kind: 'slice', bytes: 100, gap_ms: 1 },
    { kind: 'jitter', amplitude_ms: 5 },
    { kind: 'bandwidth', bytes_per_second: 100_000 },
  ],
}

for (const [name, faults] of Object.entries(DELAYS)) {
  t.test(`in order and whole: ${name}`, async (t) => {
    const { stream, far } = await paced(t, faults)
    for (let at = 0; at < OCTETS.length; at += 500) stream.write(OCTETS.subarray(at, at + 500))
    stream.end()
    await far.until(() => far.ended, 'the end')
    t.ok(far.bytes.equals(OCTETS))
    stream.resume()
    far.socket.end('back')
    await once(stream, 'close')
  })
}

t.test('what is held is bounded', async (t) => {
  const { stream } = await paced(t, [{ kind: 'latency', ms: 60_000 }])
  let written = 0
  while (written < 100 * HELD_BYTES && stream.write(Buffer.alloc(16_384))) {
    written += 16_384
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.ok(written <= 2 * HELD_BYTES + 16_384, `${written} octets`)
  t.equal(stream.writableNeedDrain, true)
})

t.test('small chunks are bounded by their number', async (t) => {
  const { stream } = await paced(t, [{ kind: 'latency', ms: 60_000 }])
  for (let n = 0; n <= HELD_CHUNKS; n++) stream.write('x')
  stream.write('more')
  t.equal(stream.writableLength, 5, 'the last two are not taken')
})

t.test('many small pieces let others have their turns', async (t) => {
  const { stream, far } = await paced(t, [{ kind: 'slice', bytes: 1 }])
  let turns = 0
  const count = () => {
    turns++
    counting = setImmediate(count)
  }
  let counting = setImmediate(count)
  const octets = Buffer.alloc(20 * PIECES_PER_TURN, 'abc')
  stream.write(octets)
  await far.until(({ bytes }) => bytes.length === octets.length, 'every octet')
  clearImmediate(counting)
  t.ok(far.bytes.equals(octets))
  t.ok(turns >= 19, `${turns} turns of the loop meanwhile`)
})

t.test('a cut comes behind the octets before it, and nothing behind it', async (t) => {
  const { stream, far, cutsAt } = await paced(
    t,
    [
      { kind: 'half_close', after_bytes: 1_234 },
      { kind: 'latency', ms: 5 },
    ],
    (stream) => stream.endEarly(),
  )
  stream.write(OCTETS)
  stream.write('more')
  await far.until(() => far.ended, 'the end')
  t.ok(far.bytes.equals(OCTETS.subarray(0, 1_234)))
  t.same(cutsAt, [1_234])
  far.socket.write('still heard')
  const [heard] = await once(stream, 'data')
  t.equal(String(heard), 'still heard')
})

t.test('muted: nothing held or written passes, and a write is taken all the same', async (t) => {
  const { stream, far } = await paced(t, [{ kind: 'latency', ms: 30 }])
  stream.write('held')
  stream.mute()
  await new Promise<void>((resolve) => stream.end('written', () => resolve()))
  await delay(60)
  t.equal(far.text, '')
  t.equal(far.ended, false)
})

t.test('the socket’s end, error and close pass', async (t) => {
  const one = await paced(t, [])
  one.far.socket.end('last')
  const [last] = await once(one.stream, 'data')
  t.equal(String(last), 'last')
  await once(one.stream, 'end')
  const two = await paced(t, [])
  two.stream.resume()
  const failed = new Promise<Error>((resolve) => two.stream.once('error', resolve))
  two.far.socket.resetAndDestroy()
  t.match(await failed, { code: 'ECONNRESET' })
  t.equal(two.near.destroyed, true)
  const three = await paced(t, [])
  three.stream.destroy()
  await three.far.until(() => three.far.ended || three.far.closed, 'the close')
  t.pass('a destroyed stream destroys its socket')
})
