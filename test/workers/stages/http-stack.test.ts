/** The reusable HTTP layer parks its origin only where it is clean, unbound and the options allow it. */

import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { CLIENT, ORIGIN } from '../../../src/shared/side.ts'
import type { OpenOrigin } from '../../../src/workers/origin/origin-pool.ts'
import type { Session } from '../../../src/workers/session.ts'
import { reusableHttpLayer } from '../../../src/workers/stages/http-stack.ts'
import { EventHarness } from '../../support/harnesses/event-harness.ts'
import { LayerRelay } from '../../support/harnesses/layer-relay.ts'
import { GET, get, HALF_POST, OK, ok } from '../../support/octets/http1-messages.ts'

const ORIGIN_CONNECTION = {} as OpenOrigin

/** What the pool was given after `client` and `origin` have spoken. */
function parkedAfter(client: string, origin: string, reuse = true): string[] {
  const parked: string[] = []
  const { writer, flow } = new EventHarness()
  const session = {
    context: {
      events: writer,
      policy: { hasFaults: false },
      options: parseOptions({ upstream: { reuse } }),
      originPool: {
        park: (key: string, origin: OpenOrigin, maxAgeMs: number) => origin === ORIGIN_CONNECTION && parked.push(`${key} ${maxAgeMs}`) > 0,
      },
    },
    ticket: { kind: 'connect' },
    decision: { options: { captureBodyBytes: 0, strict: true, faults: [] } },
    flow,
    now: 0,
    violation: undefined,
    parkOrigin: (): boolean => false,
  }
  const relay = new LayerRelay(reusableHttpLayer(session as unknown as Session, ORIGIN_CONNECTION, 'key').layer)
  relay.feed(CLIENT, client)
  relay.feed(ORIGIN, origin)
  t.equal(session.parkOrigin(), parked.length === 1)
  return parked
}

t.test('when an origin is parked', async (t) => {
  t.same(parkedAfter(GET, OK), ['key 2000'])
  t.same(parkedAfter('', ''), ['key 2000'], 'nobody has spoken yet')
  t.same(parkedAfter(GET, ok('', 'Keep-Alive: timeout=20\r\n')), ['key 18500'])
  const never: readonly (readonly [name: string, client: string, origin: string, reuse?: boolean])[] = [
    ['the options forbid it', GET, OK, false],
    ['an answer is owed', GET + GET, OK],
    ['a request is unfinished', HALF_POST, ''],
    ['the client closes', get('/', 'Connection: close\r\n'), OK],
    ['the origin closes', GET, ok('', 'Connection: close\r\n')],
    ['authentication bound it', get('/', 'Authorization: NTLM x\r\n'), OK],
    ['the origin keeps it for a moment only', GET, ok('', 'Keep-Alive: timeout=1\r\n')],
  ]
  for (const [name, client, origin, reuse] of never) t.same(parkedAfter(client, origin, reuse), [], name)
})
