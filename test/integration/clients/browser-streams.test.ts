/**
 * A browser's EventSource and WebSocket: Chromium sees through the engine exactly what it sees without it, and the events tell of
 * every stream event and message. Skipped, with the reason, where there is no Chromium.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Chromium, LACKS_CHROMIUM } from '../../support/clients/chromium.ts'
import { startStreamPage } from '../../support/clients/stream-page.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { ORIGIN_ROOT } from '../../support/test-origin.ts'

t.setTimeout(600_000)
t.test('EventSource and WebSocket of Chromium', { skip: LACKS_CHROMIUM }, async (t) => {
  const origin = await startStreamPage()
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { rules: [{ capture: { body_bytes: 1_000_000 } }] })
  const root = join(harness.directory, 'root.pem')
  writeFileSync(root, ORIGIN_ROOT.certificatePem)
  const chromium = await Chromium.trusting(harness.directory, [harness.caFile, root])
  const url = (run: string) => `https://localhost:${origin.port}/?run=${run}`
  const without = (await chromium.keepOpen(url('without'), undefined, origin.report('without'))) as unknown[][]
  const through = await chromium.keepOpen(url('through'), harness.proxyUrl, origin.report('through'))
  t.same(through, without, 'what the page has seen')
  await harness.settled(1)
  const seenEvents = without.filter(([kind]) => kind === 'event')
  let lastId = ''
  const told = harness
    .named('sse_event')
    .filter(({ incomplete }) => incomplete !== true)
    .map(({ type, data, id }) => {
      lastId = id ?? lastId
      return ['event', type, data, lastId]
    })
  t.same(told, seenEvents, 'every event that the page has seen is told, with type, data and id')
  t.ok(seenEvents.length >= 8, `${seenEvents.length} events`)
  const closed = harness.named('websocket_closed')
  t.equal(closed.length, 1)
  t.match(without.at(-1), ['close', 4001, 'fertig: ü', true])
  await harness.checkLaws(t, 1)
})
