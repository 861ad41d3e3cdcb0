/** Scraper: what it reads of a real engine's exposition, by the names that this has now. */

import t from 'tap'
import { Scraper } from '../../loadtest/scraper.ts'
import { EngineHarness } from '../support/engine-harness.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'

t.setTimeout(600_000)

t.test('sees how late the event loops of workers are, and no counter that falls', async (t) => {
  const { admin } = await EngineHarness.start(t, { workers: 1 })
  const scraper = new Scraper(admin)
  await until(async () => {
    await scraper.scrape()
    return scraper.loopDelaysMs.length > 1
  }, 'a worker has told')
  t.ok(scraper.loopDelaysMs.every((ms) => ms >= 0))
  t.ok(scraper.scrapes > 1)
  t.same(scraper.faults, [])
})
