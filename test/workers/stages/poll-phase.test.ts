/** pollPhase goes on among the socket callbacks: before the check phase of the same turn, and so that nothing is polled in between. */

import t from 'tap'
import { pollPhase } from '../../../src/workers/stages/poll-phase.ts'

// What a session's sockets do: keep the loop alive for those who wait.
const alive = setInterval(() => {}, 1_000)
t.teardown(() => clearInterval(alive))

t.test('what is set for the check phase there comes before timers that are due, which a check phase itself would come after', async (t) => {
  const order: string[] = []
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      setTimeout(() => {
        order.push('timer')
        if (order.includes('check')) resolve()
      }, 1)
      pollPhase().then(() => {
        order.push('poll phase')
        // Long enough for the timer to be due when the loop comes to timers again.
        for (const end = performance.now() + 5; performance.now() < end; );
        setImmediate(() => {
          order.push('check')
          if (order.includes('timer')) resolve()
        })
      })
    })
  })
  // On a machine so busy that the timer was due at once it comes first; it never comes between the two others.
  t.equal(order.indexOf('check'), order.indexOf('poll phase') + 1, order.join(', '))
})

t.test('all who wait go on, and those who come while others go on do so too', async (t) => {
  const waited = await Promise.all([pollPhase(), pollPhase(), pollPhase().then(() => pollPhase())])
  t.equal(waited.length, 3)
})
