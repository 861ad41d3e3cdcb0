/** What responses ask for, how clients count, and what is a failure. */

import t from 'tap'
import { attemptNumberOf, hasFailed, retryAfterOf, shouldRetryOf } from '../../../src/cli/scenario/attempt.ts'
import { AttemptLog } from '../../../src/cli/scenario/attempt-log.ts'
import { ClientStory, type ToldRequest } from '../../support/client-story.ts'

t.test('waits asked for: milliseconds before seconds, seconds or a date', async (t) => {
  const now = Date.UTC(2026, 0, 1)
  const cases: readonly (readonly [fields: readonly (readonly [string, string])[], ms: number | undefined])[] = [
    [[], undefined],
    [[['retry-after', '2']], 2_000],
    [[['Retry-After', '0.5']], 500],
    [
      [
        ['retry-after', '5'],
        ['retry-after-ms', '600'],
      ],
      600,
    ],
    [
      [
        ['retry-after-ms', 'soon'],
        ['retry-after', '1'],
      ],
      1_000,
    ],
    [[['retry-after', new Date(now + 3_000).toUTCString()]], 3_000],
    [[['retry-after', new Date(now - 3_000).toUTCString()]], 0],
    [[['retry-after', 'later']], undefined],
  ]
  for (const [fields, ms] of cases) t.equal(retryAfterOf(fields, now), ms, JSON.stringify(fields))
})

t.test('orders and counts', async (t) => {
  t.equal(shouldRetryOf([['x-should-retry', 'true']]), true)
  t.equal(shouldRetryOf([['x-should-retry', 'false']]), false)
  t.equal(shouldRetryOf([['x-should-retry', 'maybe']]), undefined)
  t.equal(attemptNumberOf([['X-Stainless-Retry-Count', '0']]), 1)
  t.equal(attemptNumberOf([['amz-sdk-request', 'attempt=2; max=3']]), 2)
  t.equal(attemptNumberOf([['grpc-previous-rpc-attempts', '1']]), 2)
  t.equal(attemptNumberOf([['x-other', '1']]), undefined)
})

t.test('failures', async (t) => {
  const at = [0, 1, 2] as const
  const cases: readonly (readonly [request: ToldRequest, failed: boolean])[] = [
    [{ at, status: 200 }, false],
    [{ at, status: 404 }, true],
    [{ at, status: 200, reason: 'upstream_closed_early' }, true],
    [{ at, status: 200, fault: { kind: 'first_byte_delay' } }, false],
    [{ at, status: 200, fault: { kind: 'sse', intended: { action: 'error_event' } } }, true],
    [{ at, status: 200, fault: { kind: 'sse', intended: { action: 'error_event' }, applied: { not_applicable: 'coded' } } }, false],
    [{ at, status: 200, fault: { kind: 'sse', intended: { action: 'stall', for_ms: 100 } } }, false],
    [{ at, status: 200, fault: { kind: 'sse', intended: { action: 'stall', for_ms: 0 } } }, true],
    [{ at, status: 200, fault: { kind: 'sse', intended: { action: 'duplicate' } } }, false],
    [{ at, status: 200, fault: { kind: 'grpc_message', intended: { action: 'delay' } } }, false],
    [{ at, status: 200, fault: { kind: 'sse', intended: { action: 'drop' } } }, true],
    [{ at, status: 200, fault: { kind: 'sse_drop_type' } }, true],
  ]
  for (const [request, failed] of cases) {
    const log = new AttemptLog()
    for (const event of new ClientStory().connection(request).events) log.add(event)
    t.same(log.attempts.map(hasFailed), [failed], JSON.stringify(request))
  }
})
