/**
 * Headless Chromium through the engine: a page, its script and what that fetches, from an origin whose certificate only the
 * engine trusts. Skipped, with the reason, where there is no Chromium.
 */

import t from 'tap'
import { Chromium, LACKS_CHROMIUM } from '../../support/clients/chromium.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { servePages } from '../../support/origins/page-origin.ts'
import { startHttpOrigin, startHttpsOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)
t.test('Chromium', { skip: LACKS_CHROMIUM }, async (t) => {
  const secure = await startHttpsOrigin(servePages)
  const clear = await startHttpOrigin(servePages)
  t.teardown(() => Promise.all([secure.close(), clear.close()]))
  const harness = await EngineHarness.start(t, { workers: 2 })
  const chromium = await Chromium.trusting(harness.directory, [harness.caFile])
  const page = await chromium.dump(`https://localhost:${secure.port}/`, harness.proxyUrl)
  t.match(page, /<title>ran<\/title>[\s\S]*json true/, 'page, script and data have come')
  const plain = await chromium.dump(`http://localhost:${clear.port}/`, harness.proxyUrl)
  t.match(plain, /<title>ran<\/title>[\s\S]*json true/)
  await harness.settled(1)
  const paths = harness.named('request_headers').map((event) => event.path)
  for (const path of ['/', '/script.js', '/data.json'])
    t.ok(paths.includes(path) && paths.includes(`http://localhost:${clear.port}${path}`), path)
  await harness.checkLaws(t, 1)
})
