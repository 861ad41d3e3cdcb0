/**
 * Speaker: even turns, so many rounds, for ever, and streams that come and go.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Speaker } from '../../loadtest/origins/speaker.ts'

t.test('each stream once per period, in turn', async (t) => {
  const speaker = new Speaker(80, false)
  const said: { readonly stream: number; readonly at: number }[] = []
  for (let stream = 0; stream < 4; stream++) speaker.add(() => said.push({ stream, at: performance.now() }))
  const began = performance.now()
  t.equal(await speaker.speak(2), 8)
  t.same(
    said.map(({ stream }) => stream),
    [0, 1, 2, 3, 0, 1, 2, 3],
  )
  // A timer may be late, on a busy machine by much, but never early: the n-th is due n twentieths of the period after the first.
  for (const [n, { at }] of said.entries()) t.ok(at - began >= (n + 1) * 20 - 2, `said ${n} not before it was due`)
})

t.test('a stream that left is passed over, and one that came is heard', async (t) => {
  const speaker = new Speaker(8, false)
  const said: string[] = []
  const leave = speaker.add(() => said.push('a'))
  speaker.add(() => said.push('b'))
  leave()
  speaker.add(() => said.push('c'))
  await speaker.speak(1)
  t.same(said, ['b', 'c'])
})

t.test('asked for nothing and without streams it ends', async (t) => {
  t.equal(await new Speaker(8, false).speak(3), 0)
})

t.test('endless: speaks until nobody is left', { timeout: 30_000 }, async (t) => {
  const speaker = new Speaker(4, true)
  let count = 0
  await new Promise<void>((resolve) => {
    const leave = speaker.add(() => {
      if (++count < 3) return
      leave()
      resolve()
    })
  })
  await sleep(20)
  t.equal(count, 3)
})
