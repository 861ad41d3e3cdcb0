/**
 * changeVerdict: whether the admin server carries out a change that was asked for. Pure. Aggregator thread.
 *
 * Cross-site request forgery: a page of any site can make a browser send requests to our port, though it cannot read the
 * answers. A header of our own is what it cannot add: across origins that takes a preflight (Fetch §4.8, CORS-preflight
 * fetch), which this server never answers. What browsers add by themselves, Origin and Sec-Fetch-Site, is refused besides:
 * a rebound name, which the browser takes for its own origin, would need no preflight.
 */

import type { IncomingHttpHeaders } from 'node:http'

/** Must be present, with any value, on every request that changes something. */
export const CHANGE_HEADER = 'x-soth-admin'

/** `unmarked`: without the header; `browser`: with what only browsers send. */
export type ChangeVerdict = 'allowed' | 'unmarked' | 'browser'

export function changeVerdict(headers: IncomingHttpHeaders): ChangeVerdict {
  if (headers['origin'] !== undefined || headers['sec-fetch-site'] !== undefined) return 'browser'
  return headers[CHANGE_HEADER] === undefined ? 'unmarked' : 'allowed'
}
