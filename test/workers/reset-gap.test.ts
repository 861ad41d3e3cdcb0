/**
 * Resets of faults are told as resets: a Node client that polls octets and an RST at once would be told of an end. Fifty times each, on the
 * side of the client and, where it has sent before, of the origin.
 */

import { connect as connectTls } from 'node:tls'
import t from 'tap'
import type { FaultInput } from '../support/armed-faults.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'
import { ShardHarness } from '../support/harnesses/shard-harness.ts'
import { Received } from '../support/proxy-client.ts'
import { socketPair } from '../support/socket-pair.ts'
import { ORIGIN_ROOT, startHttpsOrigin, startTcpOrigin } from '../support/test-origin.ts'

const TIMES = 50
const RESET: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE'])

const CASES: readonly FaultInput[] = [
  { kind: 'limit_bytes', bytes: 1, how: 'reset' },
  { kind: 'limit_bytes', bytes: 1_000, how: 'reset' },
  { kind: 'reset', after_bytes: 500, direction: 'to_client' },
  { kind: 'reset', after_ms: 0 },
  { kind: 'close_after_connect', how: 'reset' },
]

for (const fault of CASES) {
  t.test(JSON.stringify(fault), async (t) => {
    const ends = { origin: [] as string[] }
    const origin = await startTcpOrigin((socket) => {
      socket.on('data', () => void socket.write(Buffer.alloc(1_000)))
      socket.on('error', ({ code }: NodeJS.ErrnoException) => ends.origin.push(code ?? ''))
      socket.on('end', () => ends.origin.push('end'))
    })
    t.teardown(() => origin.close())
    const harness = new ShardHarness({ rules: [{ match: {}, action: 'tunnel', fault }] })
    t.teardown(() => harness.shard.close())
    const codes: (string | undefined)[] = []
    for (let n = 0; n < TIMES; n++) {
      const { near, far } = await socketPair()
      const client = new Received(far)
      harness.adopt(near, '127.0.0.1', origin.port)
      await client.has('200 Connection Established\r\n\r\n')
      far.write('please')
      await client.until(({ closed }) => closed || client.ended, 'the end')
      codes.push(client.error?.code)
      far.destroy()
    }
    t.equal(codes.filter((code) => RESET.has(code ?? '')).length, TIMES, `each client is told of a reset: ${[...new Set(codes)]}`)
    await until(() => harness.ends.length === TIMES, 'every end')
    if (fault.kind !== 'close_after_connect') {
      await until(() => ends.origin.length === TIMES, 'every end at the origin')
      t.same([...new Set(ends.origin)], ['ECONNRESET'])
    }
  })
}

t.test('a reset behind a part of a handshake, in a tunnel', async (t) => {
  const origin = await startHttpsOrigin((_request, response) => void response.end())
  t.teardown(() => origin.close())
  const fault: FaultInput = { kind: 'tls_abort', at: 'certificate', how: 'reset' }
  const harness = new ShardHarness({ rules: [{ match: {}, action: 'tunnel', fault }] })
  t.teardown(() => harness.shard.close())
  const seen: string[] = []
  for (let n = 0; n < TIMES; n++) {
    const { near, far } = await socketPair()
    const client = new Received(far)
    harness.adopt(near, 'localhost', origin.port)
    await client.has('200 Connection Established\r\n\r\n')
    far.removeAllListeners('data').pause()
    const secure = connectTls({ socket: far, servername: 'localhost', ca: ORIGIN_ROOT.certificatePem })
    await new Promise<void>((resolve) => {
      secure.on('error', ({ syscall, code }: NodeJS.ErrnoException) => seen.push(`${code} ${syscall}`)).on('close', () => resolve())
    })
  }
  t.same([...new Set(seen)], ['ECONNRESET read'], 'an RST has a system call, an end has none')
  t.equal(seen.length, TIMES)
})
