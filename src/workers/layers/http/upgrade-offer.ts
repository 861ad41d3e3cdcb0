/**
 * offersUpgrade: whether a request offers to go on in `protocol` (RFC 9110 §7.8), in any line of Upgrade. Pure. Worker thread.
 */

import type { FieldSection } from '../../../shared/http/field-section.ts'

/** Lower case; without its version, which none of those in use has but HTTP's own. */
export function offersUpgrade(fields: FieldSection, protocol: string): boolean {
  for (let line = fields.find('upgrade'); line !== -1; line = fields.find('upgrade', line + 1)) {
    const offers = fields.value(line).split(',')
    if (offers.some((offer) => offer.trim().toLowerCase() === protocol)) return true
  }
  return false
}
