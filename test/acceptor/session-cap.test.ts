/** Mirror test of `src/acceptor/session-cap.ts`. */

import t from 'tap'
import { descriptorLimit, sessionCap } from '../../src/acceptor/session-cap.ts'

t.test('the cap by descriptors and workers', async (t) => {
  const table: readonly (readonly [limit: number | undefined, workers: number, cap: number])[] = [
    [20_000, 2, 9_760],
    [20_000, 16, 9_648],
    [1_024, 2, 272],
    [256, 1, 16],
    [0, 0, 16],
    [1_048_576, 8, 65_536],
    [undefined, 8, 65_536],
  ]
  for (const [limit, workers, cap] of table) t.equal(sessionCap(limit, workers), cap, `${limit} descriptors, ${workers} workers`)
})

t.test('the limit of this process', async (t) => {
  const limit = descriptorLimit()
  if (process.platform === 'win32') t.equal(limit, undefined)
  else t.ok(limit === undefined || (Number.isInteger(limit) && limit > 16), String(limit))
})
