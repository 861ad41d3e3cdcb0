/** NdjsonSink: every line once and in order; a slow or failing file loses lines, counted and announced, and delays nobody. */

import t from 'tap'
import { Clock } from '../../../src/aggregator/clock.ts'
import type { LineTarget } from '../../../src/aggregator/sinks/line-target.ts'
import { LossNotice } from '../../../src/aggregator/sinks/loss-notice.ts'
import { NdjsonSink } from '../../../src/aggregator/sinks/ndjson-sink.ts'
import type { OutgoingEvent } from '../../../src/aggregator/sinks/sink.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'

/** A file in memory whose writes can be held back, cut short and made to fail. */
class FakeFile implements LineTarget {
  text = ''
  rotations = 0
  reopens = 0
  closed = false
  rotationDue = false
  /** Errors for the next writes. */
  readonly errors: string[] = []
  /** After these no write succeeds. */
  lastCodes: readonly string[] = []
  chunk = Number.POSITIVE_INFINITY
  #held: (() => void) | undefined = undefined
  #hold = false

  async write(buffers: readonly Uint8Array[]): Promise<number> {
    if (this.#hold) await new Promise<void>((resolve) => (this.#held = resolve))
    const code = this.errors.shift()
    if (code !== undefined) throw Object.assign(new Error(`${code}: said the file`), { code })
    const part = Buffer.concat(buffers).subarray(0, this.chunk)
    this.text += part.toString()
    return part.length
  }

  hold(): void {
    this.#hold = true
  }

  release(): void {
    this.#hold = false
    this.#held?.()
  }

  isEndedBy(code: string | undefined): boolean {
    return this.lastCodes.some((last) => last === code)
  }

  rotate(): Promise<void> {
    this.rotations++
    this.rotationDue = false
    return Promise.resolve()
  }

  reopen(): Promise<void> {
    this.reopens++
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }

  abandon(): void {
    this.closed = true
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1)
  }
}

function make(queueBytes = 1_000) {
  const file = new FakeFile()
  const logged: string[] = []
  const notice = new LossNotice('i', new Clock({ wallMs: 0, monoNs: 0n }))
  const sink = new NdjsonSink(file, notice, (level, message) => logged.push(`${level} ${message}`), queueBytes)
  const accept = (...lines: string[]) => {
    for (const line of lines) sink.accept({ line: () => Buffer.from(`${line}\n`) } as unknown as OutgoingEvent)
    sink.endBatch()
  }
  return { file, sink, accept, logged }
}

t.test('writes batches in order, one at a time, and whole even if writes are cut short', async (t) => {
  const { file, sink, accept } = make()
  file.chunk = 3
  accept('one', 'two')
  accept('three')
  t.equal(sink.lag, 3)
  await sink.flush()
  t.same(file.lines, ['one', 'two', 'three'])
  t.equal(sink.lag, 0)
  t.equal(sink.delivered, 3)
  t.equal(sink.dropped, 0)
  await sink.close()
  t.ok(file.closed)
})

t.test('a slow file: accept returns at once, what does not fit is lost, counted, and announced where it is missing', async (t) => {
  const { file, sink, accept } = make(1_000)
  file.hold()
  accept('first')
  const line = 'x'.repeat(99)
  for (let n = 0; n < 30; n++) accept(line)
  t.equal(sink.dropped, 21, 'nine of 100 octets fit beside the first line')
  file.release()
  await sink.flush()
  accept('last')
  await sink.flush()
  const { lines } = file
  t.equal(lines.length, 1 + 9 + 1 + 1)
  t.match(JSON.parse(lines[10] ?? ''), {
    schema: 1,
    event: 'events_dropped',
    flow_id: 'i-0',
    flow_seq: 0,
    count: 21,
    server_host: '',
    protocol: 'tunnel',
    time_mono_ns: /^[0-9]+$/,
  })
  t.equal(lines.at(-1), 'last')
})

t.test('after a loss it resumes at half, not at the first free octet', async (t) => {
  const { file, sink, accept } = make(1_000)
  file.hold()
  accept('y'.repeat(399))
  accept('y'.repeat(499))
  accept('z'.repeat(199))
  t.equal(sink.dropped, 1)
  accept('q')
  t.equal(sink.dropped, 2, 'one octet would fit, but the queue is above half')
  file.release()
  await until(() => sink.lag === 0, 'written')
  accept('resumed')
  await sink.flush()
  t.match(JSON.parse(file.lines[2] ?? ''), { event: 'events_dropped', count: 2 })
  t.equal(file.lines[3], 'resumed')
})

t.test('a full disk is waited for with the lines kept, and said once', async (t) => {
  const { file, sink, accept, logged } = make()
  file.errors.push('ENOSPC', 'ENOSPC')
  accept('kept')
  await sink.flush()
  t.same(file.lines, ['kept'])
  t.same(logged, ['error events sink: ENOSPC: said the file', 'info events sink: writing again'])
  t.equal(sink.dropped, 0)
})

t.test('a full terminal is no failure', async (t) => {
  const { file, sink, accept, logged } = make()
  file.errors.push('EAGAIN', 'EAGAIN', 'EAGAIN')
  accept('kept')
  await sink.flush()
  t.same(file.lines, ['kept'])
  t.same(logged, [])
})

t.test('a reader that is gone ends the sink: all later events are lost and counted', async (t) => {
  const { file, sink, accept, logged } = make()
  file.lastCodes = ['EPIPE']
  file.errors.push('EPIPE')
  accept('a', 'b')
  await sink.flush()
  accept('c')
  await sink.flush()
  t.same(file.lines, [])
  t.equal(sink.dropped, 3)
  t.equal(sink.lag, 0)
  t.equal(logged.length, 1)
})

t.test('a full disk whose file is removed: opened anew while the write is stuck, and the cut line comes whole', async (t) => {
  const { file, sink, accept, logged } = make()
  const removed = 'first\nsec'
  file.chunk = removed.length
  const write = file.write.bind(file)
  file.write = (buffers) => (file.reopens === 0 && file.text === removed ? Promise.reject(full()) : write(buffers))
  accept('first', 'second', 'third')
  await until(() => logged.length === 1, 'stuck')
  t.equal(file.text, removed)
  sink.reopen()
  await sink.flush()
  t.equal(file.reopens, 1)
  t.equal(file.text, `${removed}second\nthird\n`)
  t.equal(sink.delivered, 3)
  t.equal(sink.dropped, 0)
})

t.test('a full disk whose file cannot be opened anew: the line goes on where it was cut', async (t) => {
  const { file, sink, accept, logged } = make()
  const [tries, most] = [[] as string[], 2]
  file.chunk = 4
  const write = file.write.bind(file)
  file.write = (buffers) => (file.text !== '' && tries.push('full') <= most ? Promise.reject(full()) : write(buffers))
  file.reopen = () => Promise.reject(new Error('no open'))
  accept('whole line')
  await until(() => logged.length === 1, 'stuck')
  sink.reopen()
  await sink.flush()
  t.same(file.lines, ['whole line'])
  t.match(logged[1], /cannot reopen, .*no open/)
})

t.test('a pipe whose reader goes: the next one begins with a whole line', async (t) => {
  const { file, sink, accept } = make()
  file.chunk = 4
  const write = file.write.bind(file)
  let gone = false
  file.write = (buffers) => {
    if (file.text === '' || gone) return write(buffers)
    gone = true
    file.text = ''
    return Promise.reject(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }))
  }
  accept('one line', 'another')
  await sink.flush()
  t.same(file.lines, ['one line', 'another'])
  t.equal(sink.dropped, 0)
})

function full(): Error {
  return Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
}

t.test('rotates and reopens between writes', async (t) => {
  const { file, sink, accept } = make()
  accept('a')
  file.rotationDue = true
  await sink.flush()
  t.equal(file.rotations, 1)
  sink.reopen()
  await sink.flush()
  t.equal(file.reopens, 1, 'even if nothing is to be written')
})

t.test('a rotation or reopening that fails is said, and writing goes on', async (t) => {
  const { file, sink, accept, logged } = make()
  file.rotate = () => Promise.reject(new Error('no rename'))
  file.reopen = () => Promise.reject(new Error('no open'))
  accept('a')
  file.rotationDue = true
  await sink.flush()
  file.rotationDue = false
  sink.reopen()
  accept('b')
  await sink.flush()
  t.same(file.lines, ['a', 'b'])
  t.match(logged, [/cannot rotate: no rename/, /cannot reopen, .*no open/])
})

t.test('flush and close announce a loss that nothing came after', async (t) => {
  const { file, sink, accept } = make(450)
  file.hold()
  accept('x'.repeat(99))
  accept('x'.repeat(399))
  t.equal(sink.dropped, 1)
  file.release()
  await sink.close()
  t.equal(file.lines.length, 2)
  t.match(JSON.parse(file.lines[1] ?? ''), { event: 'events_dropped', count: 1 })
})
