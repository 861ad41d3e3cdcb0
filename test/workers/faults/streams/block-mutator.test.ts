/** Faults of event streams against a model over the whole body, in every split: what is sent, to the octet, and what is told. */

import fc from 'fast-check'
import t, { type Test } from 'tap'
import { HELD_MESSAGE_BYTES } from '../../../../src/shared/limits/faults.ts'
import { DroppedType, eventEditor } from '../../../../src/workers/faults/streams/block-editors.ts'
import { BlockMutator } from '../../../../src/workers/faults/streams/block-mutator.ts'
import { EventInterruption } from '../../../../src/workers/faults/streams/event-interruption.ts'
import type { BodyMutator } from '../../../../src/workers/layers/http/body-mutator.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { blocksOf } from '../../../support/octets/event-blocks.ts'
import { type Mutation, type MutationStep, mutate } from '../../../support/recorders/mutation-recorder.ts'

type Action = ConstructorParameters<typeof EventInterruption>[0]['action']
type At = Partial<ConstructorParameters<typeof EventInterruption>[0]['at']>

const ERROR = 'event: error\ndata: {}\n\n'

const place = (at: At) => ({ before_first: false, in_utf8: false, in_data_line: false, event: undefined, bytes: undefined, ...at })

function interruption(action: Action, at: At, forMs = 0): BodyMutator {
  return new EventInterruption({ at: place(at), action, for_ms: forMs, ping_ms: 7, how: 'fin' }, Buffer.from(ERROR))
}

const moving = (action: 'drop' | 'duplicate' | 'reorder', at: At) => new BlockMutator(eventEditor(action, place(at)))

/** The same in every split; `body` in Latin-1. */
function mutation(t: Test, body: string, make: () => BodyMutator): Mutation {
  const octets = Buffer.from(body, 'latin1')
  const expected = mutate(make(), [Uint8Array.from(octets)])
  for (const chunks of chunkings(octets)) t.same(mutate(make(), chunks), expected)
  return expected
}

const utf8 = (text: string) => Buffer.from(text).toString('latin1')
const wrote = (text: string): MutationStep[] => (text === '' ? [] : [['write', text]])

const BODY = 'event: a\ndata: 1\n\n: ping\n\ndata: 2\n\nevent: c\ndata: 3\n\n'
const A = 'event: a\ndata: 1\n\n'
const PING = ': ping\n\n'
const B = 'data: 2\n\n'
const C = 'event: c\ndata: 3\n\n'

t.test('an interruption in front of an event', async (t) => {
  t.same(
    mutation(t, BODY, () => interruption('cut', { event: 1 })),
    {
      steps: [
        ['write', A],
        ['cut', 'fin', 2],
      ],
      injected: [[1, 'event', { action: 'cut', how: 'fin' }]],
    },
  )
  t.same(mutation(t, BODY, () => interruption('end', { before_first: true })).steps, [['end', undefined]])
  t.same(mutation(t, BODY, () => interruption('error_event', { event: 2 })).steps, [
    ['write', A + PING + B + ERROR],
    ['end', undefined],
  ])
  t.same(mutation(t, BODY, () => interruption('stall', { event: 2 }, 50)).steps, [
    ['write', A + PING + B],
    ['delay', 50],
    ['write', C],
  ])
  t.same(mutation(t, BODY, () => interruption('stall', { event: 2 })).steps, [
    ['write', A + PING + B],
    ['delay', Number.POSITIVE_INFINITY],
  ])
  t.same(mutation(t, BODY, () => interruption('stall_with_pings', { event: 1 }, 50)).steps, [
    ['write', A],
    ['fill', 50, 7, ERROR],
    ['write', PING + B + C],
  ])
})

t.test('a place behind the end is none', async (t) => {
  for (const at of [{ event: 3 }, { bytes: BODY.length }, { in_utf8: true }, { in_data_line: true, event: 3 }])
    t.same(
      mutation(t, BODY, () => interruption('cut', at)),
      { steps: wrote(BODY), injected: [] },
      JSON.stringify(at),
    )
})

t.test('behind octets', async (t) => {
  for (const bytes of [0, 1, 12, 18, BODY.length - 1])
    t.same(
      mutation(t, BODY, () => interruption('cut', { bytes })),
      {
        steps: [...wrote(BODY.slice(0, bytes)), ['cut', 'fin', 2]],
        injected: [[bytes, 'bytes', { action: 'cut', how: 'fin' }]],
      },
    )
  t.same(
    mutation(t, BODY, () => interruption('error_event', { bytes: 3 })),
    {
      steps: [
        ['write', A + ERROR],
        ['end', undefined],
      ],
      injected: [[A.length, 'bytes', { action: 'error_event' }]],
    },
  )
})

t.test('inside of a character, and of a line of data', async (t) => {
  const body = utf8('\ufeffdata: é\n\ndata: x€y\n\n')
  const first = body.indexOf('\xc3') + 1
  const second = body.indexOf('\xe2') + 1
  t.same(mutation(t, body, () => interruption('cut', { in_utf8: true })).steps, [
    ['write', body.slice(0, first)],
    ['cut', 'fin', 2],
  ])
  t.same(mutation(t, body, () => interruption('cut', { in_utf8: true, event: 1 })).injected, [
    [second, 'bytes', { action: 'cut', how: 'fin' }],
  ])
  const lines = 'data:\ndatas: no\ndata: a\n\nid: 1\ndata:xy\n\ndata: zz\n\n'
  const cuts = [lines.indexOf('xy') + 1, lines.indexOf('xy') + 1, lines.indexOf('zz') + 1]
  for (const [event, at] of cuts.entries())
    t.same(
      mutation(t, lines, () => interruption('end', { in_data_line: true, event })).steps,
      [
        ['write', lines.slice(0, at)],
        ['end', undefined],
      ],
      `${event}`,
    )
})

t.test('events that are moved about', async (t) => {
  t.same(
    mutation(t, BODY, () => moving('drop', { event: 1 })),
    { steps: [['write', A + PING + C]], injected: [[1, 'event', { action: 'drop' }]] },
  )
  t.same(mutation(t, BODY, () => moving('drop', { bytes: 1 })).steps, [['write', A + PING + C]])
  t.same(mutation(t, BODY, () => moving('duplicate', { before_first: true })).steps, [['write', A + A + PING + B + C]])
  t.same(
    mutation(t, BODY, () => moving('reorder', { event: 0 })),
    { steps: [['write', PING + B + A + C]], injected: [[0, 'event', { action: 'reorder' }]] },
  )
  t.same(
    mutation(t, BODY, () => moving('reorder', { event: 2 })),
    { steps: [['write', BODY]], injected: [[2, 'event', { not_applicable: 'no event follows' }]] },
  )
  t.same(mutation(t, `${BODY}data: half`, () => moving('reorder', { event: 2 })).steps, [['write', `${BODY}data: half`]])
  t.same(
    mutation(t, BODY, () => new BlockMutator(new DroppedType('c'))),
    { steps: [['write', A + PING + B]], injected: [[2, 'event', { action: 'drop' }]] },
  )
  t.same(mutation(t, BODY, () => new BlockMutator(new DroppedType('message'))).steps, [['write', A + PING + C]])
})

t.test('a line end that is split belongs to its event', async (t) => {
  const body = BODY.replaceAll('\n', '\r\n')
  const [a, ping, b, c] = [A, PING, B, C].map((text) => text.replaceAll('\n', '\r\n'))
  t.same(mutation(t, body, () => interruption('cut', { event: 1 })).steps, [
    ['write', a],
    ['cut', 'fin', 2],
  ])
  t.same(mutation(t, body, () => moving('duplicate', { event: 1 })).steps, [['write', `${a}${ping}${b}${b}${c}`]])
  const bare = body.replaceAll('\n', '')
  t.same(mutation(t, bare, () => moving('drop', { event: 2 })).steps, [['write', `${a}${ping}${b}`.replaceAll('\n', '')]])
})

t.test('an event too long to be held passes, and the fault says so', async (t) => {
  const long = `data: ${'x'.repeat(HELD_MESSAGE_BYTES)}\n\n`
  const told = { not_applicable: 'longer than can be held' }
  for (const size of [1_000, HELD_MESSAGE_BYTES, 1_000_000]) {
    const chunks = (body: string) =>
      Array.from({ length: Math.ceil(body.length / size) }, (_, n) => Uint8Array.from(Buffer.from(body.slice(n * size, (n + 1) * size))))
    t.same(mutate(moving('duplicate', { event: 1 }), chunks(A + long + C)), {
      steps: [['write', A + long + C]],
      injected: [[1, 'event', told]],
    })
    t.same(mutate(moving('reorder', { event: 0 }), chunks(A + long + C)), {
      steps: [['write', A + long + C]],
      injected: [[1, 'event', told]],
    })
    t.same(mutate(new BlockMutator(new DroppedType('c')), chunks(A + long + C)).steps, [['write', A + long]])
  }
})

t.test('any stream, any split: as the model says', async (t) => {
  const piece = fc.constantFrom(
    'data: 1\n\n',
    'event: a\ndata: 2\r\n\r\n',
    ': c\n\n',
    'data',
    'event: a',
    ':',
    ' ',
    'x',
    '\n',
    '\r',
    '\r\n',
    '\xc3\xa9',
    '\xef\xbb\xbf',
  )
  const body = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(body, fc.nat(3), fc.integer({ min: 1, max: 9 }), (text, number, size) => {
      const chunks = () =>
        Array.from({ length: Math.ceil(text.length / size) }, (_, n) =>
          Uint8Array.from(Buffer.from(text.slice(n * size, (n + 1) * size), 'latin1')),
        )
      for (const action of ['drop', 'duplicate', 'reorder'] as const)
        t.same(mutate(moving(action, { event: number }), chunks()).steps, wrote(moved(text, action, number)), `${action} ${number}`)
      t.same(mutate(new BlockMutator(new DroppedType('a')), chunks()).steps, wrote(withoutType(text, 'a')))
      const cut = cutAt(text, number)
      t.same(
        mutate(interruption('cut', { event: number }), chunks()).steps,
        cut === text.length ? wrote(text) : [...wrote(text.slice(0, cut)), ['cut', 'fin', 2]],
      )
    }),
    { numRuns: 400 },
  )
})

function moved(text: string, action: 'drop' | 'duplicate' | 'reorder', number: number): string {
  const { mark, blocks, rest } = blocksOf(text)
  const events = blocks.flatMap((block, at) => (block.isEvent ? [at] : []))
  const [first, second] = [events[number], events[number + 1]]
  const sent = blocks.map((block) => block.text)
  if (first === undefined || (action === 'reorder' && second === undefined)) return text
  const [event = ''] = sent.splice(first, 1)
  if (action === 'duplicate') sent.splice(first, 0, event, event)
  else if (action === 'reorder') sent.splice(second ?? 0, 0, event)
  return mark + sent.join('') + rest
}

function withoutType(text: string, type: string): string {
  const { mark, blocks, rest } = blocksOf(text)
  const kept = blocks.filter((block) => !block.isEvent || block.type !== type)
  return mark + kept.map((block) => block.text).join('') + rest
}

/** Behind event `number` − 1; the length where no octet follows. */
function cutAt(text: string, number: number): number {
  const { mark, blocks } = blocksOf(text)
  let at = mark.length
  let events = 0
  for (const block of blocks) {
    if (events === number) break
    at += block.text.length
    if (block.isEvent) events++
  }
  return events === number ? at : text.length
}
