/**
 * Every malformed message of the table, in many splits: the exact answer, the exact violation, one end, and not one octet more
 * than the valid prefix on the other side. With `strict: false`: everything passes, and the end says so.
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'
import { MALFORMED_MESSAGES, type MalformedMessage } from './malformed-messages.ts'

/** Splits of an input of 70,000 octets are costly: its first ones do. */
const MANY = 4_096
const FEW_SPLITS = 4

interface Run {
  readonly recorder: HttpRecorder
  readonly relay: LayerRelay
}

function run(message: MalformedMessage, chunks: Iterable<Uint8Array>, strict: boolean): Run {
  const recorder = new HttpRecorder()
  const relay = new LayerRelay(new Http1Layer({ handler: recorder, strict }))
  if (message.side === ORIGIN) relay.feed(CLIENT, message.request)
  relay.feedAll(message.side, chunks)
  return { recorder, relay }
}

function* splitsOf(message: MalformedMessage): Generator<Uint8Array[]> {
  const raw = Buffer.from(message.raw, 'latin1')
  if (raw.length <= MANY) return yield* chunkings(raw)
  for (let n = 1; n <= FEW_SPLITS; n++) {
    const size = Math.ceil(raw.length / n)
    yield Array.from({ length: n }, (_, index) => raw.subarray(index * size, (index + 1) * size))
  }
}

/** The first way in which a run differs from what the table says, or ''. */
function complaint({ recorder, relay }: Run, message: MalformedMessage): string {
  const { side, code, forwarded, status } = message
  if (recorder.violations.join() !== code) return `violations: ${recorder.violations.join()}`
  if (recorder.ends.join() !== '0:protocol_violation') return `ends: ${recorder.ends.join()}`
  if (relay.close?.reason !== 'protocol_violation') return `close: ${relay.close?.reason}`
  const wantAbrupt = status === 0
  if (relay.close.abrupt !== wantAbrupt) return `abrupt: ${relay.close.abrupt}`
  if (side === CLIENT && relay.toOrigin !== forwarded) return `to origin: ${JSON.stringify(relay.toOrigin)}`
  if (status === 0) return relay.toClient === forwarded ? '' : `to client: ${JSON.stringify(relay.toClient)}`
  const isHeadReply = message.request.startsWith('HEAD')
  const reply = new RegExp(`^HTTP/1\\.1 ${status} [^\\r]+\\r\\n.*Connection: close\\r\\n\\r\\n${isHeadReply ? '' : `${code}: `}`, 's')
  return reply.test(relay.toClient) ? '' : `reply: ${JSON.stringify(relay.toClient.slice(0, 200))}`
}

t.test(`strict: ${MALFORMED_MESSAGES.length} malformed messages`, async (t) => {
  for (const message of MALFORMED_MESSAGES) {
    let runs = 0
    let first = ''
    for (const chunks of splitsOf(message)) {
      runs++
      first = complaint(run(message, chunks, true), message)
      if (first !== '') break
    }
    t.equal(first, '', `${message.name} (${message.code}, ${runs} splits)`)
  }
})

t.test('not strict: the same messages pass unread', async (t) => {
  for (const message of MALFORMED_MESSAGES) {
    let first = ''
    const raw = `${message.raw}and what follows`
    for (const chunks of splitsOf({ ...message, raw })) {
      const { recorder, relay } = run(message, chunks, false)
      const passed = message.side === CLIENT ? relay.toOrigin : relay.toClient
      if (passed !== raw) first = `passed: ${JSON.stringify(passed.slice(0, 200))}`
      else if (recorder.violations.join() !== message.code) first = `violations: ${recorder.violations.join()}`
      else if (recorder.ends.join() !== '0:protocol_violation') first = `ends: ${recorder.ends.join()}`
      else if (relay.close !== undefined) first = 'closed'
      if (first !== '') break
    }
    t.equal(first, '', message.name)
  }
})
