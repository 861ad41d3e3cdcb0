/** changeVerdict: over all combinations of what browsers add and tools must. */

import t from 'tap'
import { changeVerdict } from '../../../src/aggregator/admin/change-guard.ts'

t.test('a mark is needed, and nothing that a browser adds', async (t) => {
  for (const mark of [undefined, '', '1'])
    for (const origin of [undefined, 'null', 'http://127.0.0.1:9090', 'https://evil.example'])
      for (const site of [undefined, 'none', 'same-origin', 'cross-site']) {
        const verdict = changeVerdict({
          ...(mark === undefined ? {} : { 'x-soth-admin': mark }),
          ...(origin === undefined ? {} : { origin }),
          ...(site === undefined ? {} : { 'sec-fetch-site': site }),
        })
        const browser = origin !== undefined || site !== undefined
        t.equal(verdict, browser ? 'browser' : mark === undefined ? 'unmarked' : 'allowed', `${mark} ${origin} ${site}`)
      }
})
