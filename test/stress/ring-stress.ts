/**
 * ringStress: one producer thread, one consumer thread, every record checked for sequence, length and each word of content.
 *
 *     node dist/test/stress/ring-stress.js --records 50000000 [--capacity 65536]
 *
 * A small ring wraps and fills thousands of times, so that the ends meet at every offset; some claims are aborted half
 * written. The consumer parks whenever it finds nothing, so lost wake-ups would hang the run.
 */

import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { Doorbell } from '../../src/shared/ring/doorbell.ts'
import { RingConsumer } from '../../src/shared/ring/ring-consumer.ts'
import { RECORD_BODY_OFFSET } from '../../src/shared/ring/ring-descriptor.ts'
import { allocateRing } from '../../src/shared/ring/ring-memory.ts'
import { RING_FULL, RingProducer } from '../../src/shared/ring/ring-producer.ts'
import { threadOrigin } from '../../src/shared/ring/time-origin.ts'

export interface RingStressResult {
  readonly records: number
  readonly octets: number
  readonly seconds: number
  /** Times that the consumer found the ring empty and parked. */
  readonly parks: number
  /** The first record that was not as expected, in words. */
  readonly failure: string | undefined
}

interface ProducerJob {
  readonly ringStress: true
  readonly ring: SharedArrayBuffer
  readonly doorbell: SharedArrayBuffer
  readonly records: number
}

const MAX_WORDS = 32
const TYPE_MASK = 0xfff
const ABORT_EVERY = 97
/** Golden-ratio multiplier: spreads consecutive numbers over all bits. */
const SPREAD = 0x9e3779b1
const FULL_WAIT_MS = 0.05

/** Words in the body of record `n`: 1…MAX_WORDS, spread. */
function wordsOf(n: number): number {
  return 1 + ((Math.imul(n, SPREAD) >>> 24) & (MAX_WORDS - 1))
}

function produce({ ring, doorbell, records }: ProducerJob): void {
  const producer = new RingProducer(ring, new Doorbell(doorbell))
  const words = new Int32Array(ring)
  const never = new Int32Array(new SharedArrayBuffer(4))
  for (let n = 0; n < records; n++) {
    const count = wordsOf(n)
    // Two octets less than whole words, so that lengths are not all multiples of four.
    const length = RECORD_BODY_OFFSET + count * 4 - (n & 1) * 2
    let at = producer.tryClaim(length, 0)
    while (at === RING_FULL) {
      Atomics.wait(never, 0, 0, FULL_WAIT_MS)
      at = producer.tryClaim(length, 0)
    }
    const first = (at + RECORD_BODY_OFFSET) >> 2
    if (n % ABORT_EVERY === 0) {
      words.fill(-1, first, first + count)
      producer.abort()
      at = producer.tryClaim(length, 0)
    }
    for (let word = 0; word < count; word++) words[first + word] = (n + Math.imul(word, SPREAD)) | 0
    producer.commit(n & TYPE_MASK)
  }
}

/** Runs `records` records through a ring of `capacity` octets, and checks all of them. */
export async function ringStress(records: number, capacity: number): Promise<RingStressResult> {
  const ring = allocateRing(capacity, threadOrigin())
  const bell = new Doorbell()
  const consumer = new RingConsumer(ring, 0)
  const words = new Int32Array(ring)
  const job: ProducerJob = { ringStress: true, ring, doorbell: bell.memory, records }
  const worker = new Worker(new URL(import.meta.url), { workerData: job })
  const exited = new Promise<void>((resolve, reject) => worker.once('exit', () => resolve()).once('error', reject))
  let n = 0
  let octets = 0
  let parks = 0
  let failure: string | undefined
  const onRecord = (_ring: number, type: number, start: number, end: number): void => {
    const count = wordsOf(n)
    const first = (start + RECORD_BODY_OFFSET) >> 2
    if (end - start !== RECORD_BODY_OFFSET + count * 4 - (n & 1) * 2) failure ??= `record ${n}: ${end - start} octets`
    if (type !== (n & TYPE_MASK)) failure ??= `record ${n}: type ${type}`
    for (let word = 0; word < count; word++) {
      if (words[first + word] !== ((n + Math.imul(word, SPREAD)) | 0)) failure ??= `record ${n}: word ${word} is torn`
    }
    octets += end - start
    n++
  }
  const handler = { onRecord }
  const started = performance.now()
  while (n < records && failure === undefined) {
    if (consumer.drain(handler) > 0) continue
    parks++
    await bell.park(() => consumer.fill === 0)
  }
  const seconds = (performance.now() - started) / 1000
  if (failure !== undefined) await worker.terminate()
  await exited
  if (failure === undefined && consumer.fill !== 0) failure = 'more records than were written'
  return { records: n, octets, seconds, parks, failure }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { records: { type: 'string', default: '1000000' }, capacity: { type: 'string', default: '65536' } },
  })
  const { records, octets, seconds, parks, failure } = await ringStress(Number(values.records), Number(values.capacity))
  const rate = (records / seconds / 1e6).toFixed(2)
  console.log(
    `${records} records, ${(octets / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s: ${rate} M/s, ${parks} parks, node ${process.version}`,
  )
  console.log(failure === undefined ? 'none lost, none torn' : `FAILED: ${failure}`)
  process.exitCode = failure === undefined ? 0 : 1
}

const job = workerData as ProducerJob | null
if (!isMainThread && job?.ringStress === true) produce(job)
else if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
