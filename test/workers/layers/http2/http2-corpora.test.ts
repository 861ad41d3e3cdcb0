/**
 * The HTTP/2 layer judged by what others recorded: captured connections against TShark, fuzz inputs of nghttp2 and h2o,
 * random frames. No sockets.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import { FrameParser, PREFACE_UNIT, SPAN, UNIT } from '../../../../src/workers/layers/http2/frames/frame-parser.ts'
import { HeaderList } from '../../../../src/workers/layers/http2/head/header-list.ts'
import { HpackDecoder } from '../../../../src/workers/layers/http2/hpack/hpack-decoder.ts'
import { Http2Layer } from '../../../../src/workers/layers/http2/http2-layer.ts'
import { corpus, NO_CORPORA } from '../../../support/corpora/corpora.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import {
  data,
  frame,
  GET,
  headers,
  POST,
  PREFACE,
  ping,
  readFrames,
  rst,
  settings,
  settingsAck,
  windowUpdate,
} from '../../../support/octets/http2-frames.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

interface TsharkFrame {
  readonly type?: number
  readonly streamid?: number
  readonly headers?: readonly (readonly [string, string])[]
}
interface Flow {
  readonly file: string
  readonly a2b_b64: string
  readonly b2a_b64: string
  readonly tshark_a2b: readonly TsharkFrame[]
  readonly tshark_b2a: readonly TsharkFrame[]
}

function run(feeds: readonly (readonly [Side, Uint8Array])[]): { facts: string; toOrigin: string; toClient: string } {
  const recorder = new HttpRecorder()
  const relay = new LayerRelay(new Http2Layer({ handler: recorder, now: () => 0 }))
  for (const [side, octets] of feeds) relay.feed(side, octets)
  relay.layer.abort('relay_eof')
  return { facts: JSON.stringify(recorder.facts), toOrigin: relay.toOrigin, toClient: relay.toClient }
}

/** Frames of both sides in an order that a connection could have had: nothing answers what has not been sent. */
function interleave(flow: Flow): [Side, Buffer][] {
  const queues = [flow.a2b_b64, flow.b2a_b64].map((text) => {
    const octets = Buffer.from(text, 'base64')
    const frames = readFrames(octets).map(({ type, flags, id, payload }) => ({ type, flags, id, octets: frame(type, flags, id, payload) }))
    if (octets.subarray(0, 24).equals(PREFACE) && frames[0]) frames[0].octets = Buffer.concat([PREFACE, frames[0].octets])
    return frames
  })
  const settingsSent = [0, 0]
  const opened = new Set<number>([0])
  const order: [Side, Buffer][] = []
  for (let moved = true; moved; ) {
    moved = false
    for (const side of [CLIENT, ORIGIN] as const) {
      const queue = queues[side] as (typeof queues)[0] & object
      for (let next = queue[0]; next !== undefined; next = queue[0]) {
        const isAck = next.type === 4 && (next.flags & 1) === 1
        const other = side === CLIENT ? ORIGIN : CLIENT
        if (isAck && settingsSent[other] === 0) break
        if (side === ORIGIN && next.type !== 2 && !opened.has(next.id)) break
        if (isAck) settingsSent[other] = (settingsSent[other] as number) - 1
        else if (next.type === 4) settingsSent[side] = (settingsSent[side] as number) + 1
        if (side === CLIENT && next.type === 1) opened.add(next.id)
        order.push([side, next.octets])
        queue.shift()
        moved = true
      }
    }
  }
  return order
}

/** The blocks with their fields; TShark shows those of CONTINUATION apart. */
function headerBlocks(frames: readonly TsharkFrame[]): TsharkFrame[] {
  const blocks: TsharkFrame[] = []
  for (const one of frames) {
    if (one.headers === undefined || one.headers.length === 0) continue
    const last = blocks.at(-1)
    if (one.type === 9 && last !== undefined) blocks[blocks.length - 1] = { ...last, headers: [...(last.headers ?? []), ...one.headers] }
    else blocks.push(one)
  }
  return blocks
}

/** Parses and decodes one side behind its HTTP/1.1 head. */
function decodesAs(t: Test, name: string, text: string, frames: readonly TsharkFrame[]): void {
  const octets = Buffer.from(text, 'base64')
  const parser = new FrameParser(65_536, octets.includes(PREFACE))
  const decoder = new HpackDecoder()
  const list = new HeaderList(65_536)
  const blocks: string[] = []
  parser.begin(octets.subarray(octets.indexOf('\r\n\r\n') + 4))
  for (let piece = parser.read(); piece === UNIT || piece === SPAN || piece === PREFACE_UNIT; piece = parser.read()) {
    if (piece !== UNIT || parser.type !== 1) continue
    t.equal(decoder.decode(parser.block, parser.blockStart, parser.blockEnd, list), undefined)
    blocks.push(Buffer.from(list.bytes.subarray(0, list.length)).toString('latin1'))
  }
  const expected = headerBlocks(frames).map(({ headers: fields = [] }) => fields.map(([one, value]) => `${one}: ${value}\r\n`).join(''))
  t.same(blocks, expected, `${name}: ${expected.length} header blocks`)
}

const flowsFile = corpus('http2-flows', 'flows.jsonl')
t.test('captured connections: fields as TShark decodes them', { skip: flowsFile === undefined ? NO_CORPORA : false }, async (t) => {
  for (const line of readFileSync(flowsFile ?? '', 'utf8')
    .trim()
    .split('\n')) {
    const flow = JSON.parse(line) as Flow
    if (Buffer.from(flow.a2b_b64, 'base64').toString('latin1', 0, 3) !== 'PRI') {
      // The obsolete Upgrade: h2c opens stream 1 in HTTP/1.1: only what follows the 101 is looked at.
      decodesAs(t, flow.file, flow.a2b_b64, flow.tshark_a2b)
      decodesAs(t, flow.file, flow.b2a_b64, flow.tshark_b2a)
      continue
    }
    const order = interleave(flow)
    const { facts, toOrigin, toClient } = run(order)
    const told = JSON.parse(facts) as { fact: string; exchange: number; target?: string; status?: number; fields?: [string, string][] }[]
    const violations = told.filter((fact) => fact.fact === 'violation')
    for (const [frames, kinds] of [
      [flow.tshark_a2b, ['requestHead', 'requestTrailers']],
      [flow.tshark_b2a, ['responseHead', 'informational', 'responseTrailers']],
    ] as const) {
      const expected = headerBlocks(frames)
      const got = told.filter((fact) => (kinds as readonly string[]).includes(fact.fact))
      if (violations.length > 0) continue
      t.equal(got.length, expected.length, `${flow.file}: ${expected.length} header blocks`)
      for (const [i, one] of expected.entries()) {
        const regular = (one.headers ?? []).filter(([name]) => !name.startsWith(':'))
        if (regular.filter(([name]) => name === 'cookie').length < 2) t.same(got[i]?.fields, regular)
        const path = one.headers?.find(([name]) => name === ':path')?.[1]
        if (path !== undefined) t.equal(got[i]?.target, path)
        const status = one.headers?.find(([name]) => name === ':status')?.[1]
        if (status !== undefined) t.equal(got[i]?.status, Number(status))
      }
    }
    if (violations.length > 0) {
      t.comment(`${flow.file}: ${violations.map((fact) => JSON.stringify(fact)).join(' ')}`)
      continue
    }
    const sent = (side: Side) => Buffer.concat(order.filter(([from]) => from === side).map(([, octets]) => octets)).toString('latin1')
    t.equal(toOrigin, sent(CLIENT), 'every octet of the client passes')
    t.equal(toClient, sent(ORIGIN), 'every octet of the origin passes')
  }
})

/** The same facts, and the same octets on both sides, whatever the split. */
function splitEqual(octets: Uint8Array): boolean {
  const origin: [Side, Uint8Array][] = [[ORIGIN, Buffer.concat([settings(), settingsAck()])]]
  const preface = octets.length > 40 && !Buffer.from(octets.subarray(0, 3)).equals(Buffer.from('PRI')) ? [PREFACE, settings()] : []
  const all = Buffer.concat([...preface, octets])
  const cut = (size: number) =>
    Array.from({ length: Math.ceil(all.length / size) }, (_, i): [Side, Uint8Array] => [CLIENT, all.subarray(i * size, (i + 1) * size)])
  const whole = run([...origin, [CLIENT, all]])
  return [1, 7, 100].every((size) => JSON.stringify(run([...origin, ...cut(size)])) === JSON.stringify(whole))
}

const nghttp2 = corpus('nghttp2-fuzz-h2')
t.test('nghttp2-fuzz-h2: split-equal', { skip: nghttp2 === undefined ? NO_CORPORA : false }, async (t) => {
  let inputs = 0
  for (const folder of ['h2spec', 'nghttp']) {
    for (const file of readdirSync(join(nghttp2 ?? '', folder))) {
      inputs++
      if (!splitEqual(readFileSync(join(nghttp2 ?? '', folder, file)))) t.fail(file)
    }
  }
  t.ok(inputs > 50, `${inputs} inputs`)
})

const packed = corpus('h2o-fuzz-http2', 'http2-corpus.tar.xz')
t.test('h2o-fuzz-http2: split-equal', { skip: packed === undefined ? NO_CORPORA : false }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'h2o-fuzz-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  execFileSync('tar', ['-xf', packed ?? '', '-C', folder])
  let inputs = 0
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name)
    if (!statSync(file).isFile() || statSync(file).size > 20_000) continue
    inputs++
    if (!splitEqual(readFileSync(file))) t.fail(name)
  }
  t.ok(inputs > 0, `${inputs} inputs`)
})

t.test('any frames, in any order and split, tell the same; each exchange ends once', async (t) => {
  const id = fc.constantFrom(0, 1, 2, 3, 5, 7)
  const one = fc.oneof(
    fc.tuple(id, fc.boolean()).map(([n, end]) => headers(n, POST, end)),
    fc.tuple(id, fc.boolean()).map(([n, end]) =>
      headers(
        n,
        [
          [':status', '200'],
          ['a', 'b'],
        ],
        end,
      ),
    ),
    fc.tuple(id, fc.boolean()).map(([n, end]) => headers(n, [['x-trailer', 'b']], end)),
    fc.tuple(id, fc.boolean()).map(([n, end]) => data(n, 'abc', end)),
    fc.tuple(id, fc.nat(9)).map(([n, code]) => rst(n, code)),
    fc.tuple(id, fc.nat(9)).map(([n, increment]) => windowUpdate(n, increment)),
    fc.constantFrom(ping(), settings([4, 9]), settingsAck(), headers(1, GET, true)),
    fc
      .tuple(fc.nat(17), fc.nat(255), id, fc.uint8Array({ maxLength: 12 }))
      .map(([type, flags, n, payload]) => frame(type, flags, n, payload)),
  )
  const step = fc.tuple(fc.constantFrom(CLIENT, ORIGIN), one)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 30 }), (steps, size) => {
      const feeds: [Side, Uint8Array][] = [
        [CLIENT, Buffer.concat([PREFACE, settings()])],
        [ORIGIN, Buffer.concat([settings(), settingsAck()])],
        ...steps,
      ]
      const cut = feeds.flatMap(([side, octets]) =>
        Array.from({ length: Math.ceil(octets.length / size) }, (_, i): [Side, Uint8Array] => [
          side,
          octets.subarray(i * size, (i + 1) * size),
        ]),
      )
      const whole = run(feeds)
      const ends = (JSON.parse(whole.facts) as { fact: string; exchange: number }[]).filter((fact) => fact.fact === 'exchangeEnd')
      if (new Set(ends.map((fact) => fact.exchange)).size !== ends.length) return false
      return JSON.stringify(run(cut)) === JSON.stringify(whole)
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})
