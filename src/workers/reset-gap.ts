/**
 * afterResetGap: lets a client read what stands in front of a reset of ours, before the reset. Worker thread.
 */

import { RESET_GAP_MS } from '../shared/limits/relay-faults.ts'

/**
 * Behind the time the loop polls once more before it goes on: a client in this very thread (`workers: 0`) has not read a thing where the
 * thread was kept from running meanwhile, and would poll octets and RST at once all the same.
 */
export function afterResetGap(call: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(call), RESET_GAP_MS)
}
