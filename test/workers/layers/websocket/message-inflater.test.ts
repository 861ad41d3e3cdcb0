/**
 * Inflating with context takeover over windows of every size, and each way in which a message cannot be inflated (RFC 7692 §7.2).
 */

import { constants, createDeflateRaw, deflateRawSync } from 'node:zlib'
import t from 'tap'
import { FINAL_BLOCKS_PER_MESSAGE, INFLATED_MESSAGE_BYTES } from '../../../../src/shared/limits/layers/websocket.ts'
import { DEFLATE_TAIL, MessageInflater } from '../../../../src/workers/layers/websocket/message-inflater.ts'
import { seededRandom } from '../../../support/chunkings.ts'

/** Compresses messages as a peer would: with one context for all of them. */
async function compressed(messages: Buffer[], windowBits: number): Promise<Buffer[]> {
  const deflate = createDeflateRaw({ windowBits })
  const results: Buffer[] = []
  let parts: Buffer[] = []
  deflate.on('data', (bytes: Buffer) => parts.push(bytes))
  for (const message of messages) {
    await new Promise<void>((resolve) => {
      deflate.write(message)
      deflate.flush(constants.Z_SYNC_FLUSH, resolve)
    })
    const result = Buffer.concat(parts)
    t.ok(result.subarray(-4).equals(DEFLATE_TAIL))
    results.push(result)
    parts = []
  }
  return results
}

t.test('context takeover over windows of every size, with messages smaller and larger than them', async (t) => {
  const random = seededRandom(11)
  const vocabulary = Array.from({ length: 200 }, () => Math.floor(random() * 1e9).toString(36))
  const word = () => vocabulary[Math.floor(random() * vocabulary.length)] as string
  const sizes = [1, 5, 40, 3_000, 9_000, 40_000, 2, 70_000, 7, 20_000, 20_000, 20_000, 1]
  const messages = sizes.map((size) => Buffer.from(Array.from({ length: size }, word).join(' ').slice(0, size)))
  // A distance of nearly a whole window, to before the last message.
  const block = Buffer.from(Array.from({ length: 30_000 }, () => random() * 256))
  messages.push(block, Buffer.alloc(2_000, 1), block)
  for (const [windowBits, agreedBits] of [
    [9, 8],
    [9, 9],
    [12, 12],
    [15, 15],
  ] as const) {
    const inflater = new MessageInflater(false, agreedBits)
    for (const [i, bytes] of (await compressed(messages, windowBits)).entries()) {
      const payload = inflater.inflate(bytes)
      t.ok(payload !== undefined && messages[i]?.equals(payload), `window ${windowBits}, message ${i}`)
    }
  }
})

t.test('an empty message changes nothing', async (t) => {
  const [first, second] = await compressed([Buffer.from('hello hello'), Buffer.from('hello again')], 15)
  const inflater = new MessageInflater(false)
  t.same(inflater.inflate(first as Buffer), Buffer.from('hello hello'))
  t.same(inflater.inflate(Uint8Array.of(0, ...DEFLATE_TAIL)), Buffer.alloc(0))
  t.same(inflater.inflate(second as Buffer), Buffer.from('hello again'))
})

t.test('a message of several final blocks, as RFC 7692 §7.2.1 allows', async (t) => {
  const message = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.of(0), DEFLATE_TAIL])
  const inflater = new MessageInflater(false)
  const hello = deflateRawSync('Hello, ')
  t.same(inflater.inflate(message(hello, deflateRawSync('World'))), Buffer.from('Hello, World'))
  const dictionary = Buffer.from('Hello, World')
  t.same(inflater.inflate(message(deflateRawSync('Hello, World!', { dictionary }))), Buffer.from('Hello, World!'), 'taken over')
  t.same(inflater.inflate(Buffer.concat([hello, DEFLATE_TAIL])), Buffer.from('Hello, '), 'and without the octet that was to be added')

  const alone = new MessageInflater(true)
  const back = deflateRawSync('World, World', { dictionary: Buffer.from('Hello World') })
  t.same(alone.inflate(message(deflateRawSync('Hello World'), back)), Buffer.from('Hello WorldWorld, World'), 'no takeover but within')
  t.equal(alone.inflate(message(back)), undefined)
  t.equal(alone.failure, 'corrupt', 'nothing is left of that for the next')

  const empty = Buffer.of(3, 0)
  t.same(alone.inflate(message(...Array.from({ length: FINAL_BLOCKS_PER_MESSAGE - 1 }, () => empty))), Buffer.alloc(0))
  t.equal(alone.inflate(message(...Array.from({ length: 100_000 }, () => empty))), undefined)
  t.equal(alone.failure, 'input_limit', 'a flood of empty ones')
  const full = deflateRawSync(Buffer.alloc(INFLATED_MESSAGE_BYTES))
  t.equal(alone.inflate(message(full))?.length, INFLATED_MESSAGE_BYTES)
  t.equal(alone.inflate(message(full, deflateRawSync('ab'))), undefined)
  t.equal(alone.failure, 'output_limit')
})

t.test('failures', async (t) => {
  const broken = Uint8Array.of(0xff, 0xff, ...DEFLATE_TAIL)
  const [good] = await compressed([Buffer.from('good')], 15)
  const takeover = new MessageInflater(false)
  t.equal(takeover.inflate(broken), undefined)
  t.equal(takeover.failure, 'corrupt')
  t.ok(takeover.lost)
  t.equal(takeover.inflate(good as Buffer), undefined)
  t.equal(takeover.failure, 'context_lost')
  takeover.skip()
  t.equal(takeover.failure, 'context_lost')
  const fresh = new MessageInflater(true)
  fresh.skip()
  t.equal(fresh.failure, 'input_limit')
  t.same(fresh.inflate(good as Buffer), Buffer.from('good'))
  t.equal(fresh.failure, '')
  t.notOk(fresh.lost)
})
