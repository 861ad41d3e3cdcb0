/** Mirror test of `src/shared/refusals/registry.ts`. */

import t from 'tap'
import { refusals } from '../../../src/shared/refusals/registry.ts'

t.test('every refusal has a code, a status, a sentence and a remedy', async (t) => {
  for (const [key, refusal] of Object.entries(refusals)) {
    t.equal(refusal.code, key)
    t.match(key, /^[a-z]+(?:_[a-z]+)*$/)
    t.ok(refusal.status >= 400 && refusal.status <= 599, `${key}: status`)
    t.match(refusal.message, /^[A-Z].*\.$/, `${key}: message`)
    t.match(refusal.remedy, /^[A-Z].*\.$/, `${key}: remedy`)
    // RFC 9110 §15.6.4: 503 may say when to come back; a limit or a drain always ends.
    t.equal(refusal.retryAfterSeconds > 0, refusal.status === 503, `${key}: Retry-After`)
    t.ok(Object.isFrozen(refusal))
  }
})
