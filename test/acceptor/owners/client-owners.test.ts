/** Owners of real connections to this very process, and rules about them. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { basename, join } from 'node:path'
import t, { type Test } from 'tap'
import { loadPeerCredentials } from '../../../src/acceptor/descriptor.ts'
import { ClientOwners } from '../../../src/acceptor/owners/client-owners.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { Received } from '../../support/proxy-client.ts'
import { startTcpOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const skip = process.platform === 'linux' ? false : 'owners are known on Linux only'
const PROGRAM = basename(process.execPath)
const USER = userInfo().username

/** Paths of Unix sockets have some 100 octets; a test's own directory may be longer. */
function shortDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'owners-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function accepted(listen: { port: number; host: string } | { path: string }): Promise<{ server: Socket; close: () => void }> {
  const listener = createServer()
  listener.listen(listen)
  await once(listener, 'listening')
  const address = listener.address()
  const client = typeof address === 'string' ? connect(address) : connect(address?.port ?? 0, 'host' in listen ? listen.host : '')
  const [server] = (await once(listener, 'connection')) as [Socket]
  const close = () => {
    client.destroy()
    server.destroy()
    listener.close()
  }
  return { server, close }
}

t.test('user and program of a connection', { skip }, async (t) => {
  const path = join(shortDirectory(t), 's')
  const owners = new ClientOwners({ programs: true, credentials: loadPeerCredentials() })
  for (const listen of [{ port: 0, host: '127.0.0.1' }, { path }]) {
    const { server, close } = await accepted(listen)
    t.match(await owners.ownerOf(server), { user: USER, uid: String(process.getuid?.()), process: PROGRAM }, JSON.stringify(listen))
    close()
  }
})

t.test('many at once share the readings', { skip }, async (t) => {
  const owners = new ClientOwners({ programs: false, credentials: undefined })
  const pairs = await Promise.all(Array.from({ length: 20 }, () => accepted({ port: 0, host: '127.0.0.1' })))
  const found = await Promise.all(pairs.map(({ server }) => owners.ownerOf(server)))
  t.same(
    found,
    found.map(() => ({ user: USER, uid: String(process.getuid?.()) })),
  )
  for (const { close } of pairs) close()
})

t.test('elsewhere there is nothing to wait for', async (t) => {
  const owners = new ClientOwners({ programs: true, credentials: undefined })
  t.equal(owners.ownerOf({ remoteAddress: '192.0.2.1', localAddress: '192.0.2.2' } as Socket), undefined)
})

t.test('rules about users and programs, on TCP and on a Unix socket', { skip }, async (t) => {
  const origin = await startTcpOrigin((socket) => void socket.end('served'))
  t.teardown(() => origin.close())
  const unix = join(shortDirectory(t), 's')
  const harness = await EngineHarness.start(t, {
    listen: ['127.0.0.1:0', `unix:${unix}`],
    rules: [
      { name: 'nobody', match: { user: 'no-such-user' }, action: 'block' },
      { name: 'mine', match: { user: USER, process: [PROGRAM, 'x*'] }, action: 'tunnel' },
      { match: {}, action: 'block' },
    ],
  })
  for (const socket of [connect(harness.proxyPort, '127.0.0.1'), connect(unix)]) {
    const client = new Received(socket)
    // In two parts: what comes while the owner is looked for must not be lost.
    socket.write(`CONNECT 127.0.0.1:${origin.port} HTTP/1.1\r\n\r\n`)
    socket.write('early octets')
    await client.has('served')
    socket.end()
  }
  await harness.checkLaws(t, 2)
  t.same(
    harness.named('connect_decision').map(({ rule, decision }) => [rule, decision]),
    [
      ['mine', 'tunnel'],
      ['mine', 'tunnel'],
    ],
  )
  t.ok(harness.flowEnds().every(({ bytes_client }) => bytes_client === 'early octets'.length))
})
