/** Mirror test of `src/workers/origin/dial.ts`. */

import type { Socket } from 'node:net'
import t from 'tap'
import { SelfTargetGuard } from '../../../src/shared/targets/self-target-guard.ts'
import { DialError, dial } from '../../../src/workers/origin/dial.ts'
import { startTcpOrigin } from '../../support/test-origin.ts'

const guard = new SelfTargetGuard([], [])
const open: Socket[] = []
t.teardown(() => {
  for (const socket of open) socket.destroy()
})

/** The code of the refusal, or 'connected'. */
async function outcome(host: string, port: number, timeoutMs = 2_000, by = guard, onSocket = (_socket: Socket) => {}): Promise<string> {
  try {
    open.push(await dial({ host, port, timeoutMs, guard: by }, onSocket))
    return 'connected'
  } catch (error) {
    if (error instanceof DialError) return error.refusal
    throw error
  }
}

t.test('reached, by name and by address', async (t) => {
  const origin = await startTcpOrigin(() => undefined)
  t.teardown(() => origin.close())
  t.equal(await outcome('127.0.0.1', origin.port), 'connected')
  t.equal(await outcome('localhost', origin.port), 'connected')
  t.ok(open.every((socket) => socket.allowHalfOpen && socket.listenerCount('error') === 1))
})

t.test('refused, unresolvable, itself', async (t) => {
  const origin = await startTcpOrigin(() => undefined)
  await origin.close()
  t.equal(await outcome('127.0.0.1', origin.port), 'origin_refused')
  t.match(await outcome('nowhere.invalid', 80), /^origin_(unresolvable|dns_timeout)$/)
  const self = new SelfTargetGuard([origin.port], [])
  t.equal(await outcome('localhost', origin.port, 2_000, self), 'self_target', 'by what the name resolves to')
})

t.test('the deadline, and being given up', async (t) => {
  // TEST-NET-1 (RFC 5737): nobody answers, unless a machine without a route says so at once.
  t.match(await outcome('192.0.2.1', 80, 100), /^origin_(timeout|unreachable|refused)$/)
  t.match(await outcome('nowhere.invalid', 80, 1), /^origin_(dns_timeout|unresolvable)$/)
  const origin = await startTcpOrigin(() => undefined)
  t.teardown(() => origin.close())
  t.equal(await outcome('127.0.0.1', origin.port, 2_000, guard, (socket) => void socket.destroy()), 'origin_unreachable')
})
