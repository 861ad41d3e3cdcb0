/**
 * The groups that origins are offered. A key share that is sent alone: the same groups in the same order as the library's own, one
 * share of them; learnt from real handshakes; and an origin that wants another group than it is sent a share of is spoken to in
 * that group. The classical groups, for origins on this machine: the same without X25519MLKEM768.
 */

import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { connect, createSecureContext, createServer, type SecureContext, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { groupsFor, type KeyShare, keyShareOf, originGroups } from '../../../src/workers/origin/origin-groups.ts'
import type { ClientHello } from '../../../src/workers/tls/hello/client-hello.ts'
import { ClientHelloParser } from '../../../src/workers/tls/hello/client-hello-parser.ts'
import { ORIGIN_ROOT, originCertificate } from '../../support/test-origin.ts'

const SHARES: readonly (readonly [KeyShare, number])[] = [
  ['X25519', 0x001d],
  ['X25519MLKEM768', 0x11ec],
]

const [major = 0, minor = 0] = (process.versions.openssl ?? '').split('.').map(Number)
const isOld = major < 3 || (major === 3 && minor < 5)
const skip = isOld && `OpenSSL ${process.versions.openssl} sends one key share, and cannot be told which`

async function helloOf(secureContext: SecureContext): Promise<ClientHello> {
  const parser = new ClientHelloParser()
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', secureContext })
  client.on('error', () => {})
  const [socket] = await once(server, 'connection')
  try {
    for await (const octets of socket) {
      const result = parser.execute(octets)
      if (result.kind === 'hello') return result.hello
    }
    throw new Error('no hello')
  } finally {
    client.destroy()
    server.close()
  }
}

/** A handshake with a server that has `groups`; what is learnt of it. */
async function taken(t: Test, groups: string, context: SecureContext): Promise<{ share: KeyShare | undefined; name: string | undefined }> {
  const { cert, key } = originCertificate()
  const server = createServer({ cert, key, ecdhCurve: groups }, (socket) => socket.on('error', () => socket.destroy()))
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const options = { port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername: 'localhost', secureContext: context }
  const secure: TLSSocket = connect(options)
  await once(secure, 'secureConnect')
  const info = secure.getEphemeralKeyInfo() as { name?: string }
  const share = keyShareOf(secure)
  secure.destroy()
  return { share, name: info.name }
}

t.test('the groups are those of the library, and one has a share', { skip }, async (t) => {
  const own = await helloOf(createSecureContext({ ca: [] }))
  t.same(own.keyShareGroups, [0x11ec, 0x001d], 'the library sends both')
  for (const [share, group] of SHARES) {
    const hello = await helloOf(createSecureContext({ ca: [], ...groupsFor(share) }))
    t.same(hello.groups, own.groups, share)
    t.same(hello.keyShareGroups, [group], share)
  }
})

t.test('the classical groups are those of the library without ML-KEM', { skip }, async (t) => {
  const own = await helloOf(createSecureContext({ ca: [] }))
  const hello = await helloOf(createSecureContext({ ca: [], ...groupsFor('classical') }))
  t.same(
    hello.groups,
    own.groups.filter((group) => group !== 0x11ec),
  )
  t.same(hello.keyShareGroups, [0x001d])
})

t.test('by the address of the origin, and by what it has taken', { skip }, async (t) => {
  for (const taken of [undefined, 'X25519'] as const) {
    t.equal(originGroups(taken, '127.0.0.1'), 'classical')
    t.equal(originGroups(taken, '::1'), 'classical')
    t.equal(originGroups(taken, '192.0.2.1'), taken)
    t.equal(originGroups(taken, undefined), taken, 'closed')
  }
  t.equal(originGroups('X25519MLKEM768', '127.0.0.1'), 'X25519MLKEM768', 'it took none of the classical groups')
})

t.test('a library that cannot be told is not', { skip: !isOld && 'this one can' }, async (t) => {
  t.equal(originGroups(undefined, '127.0.0.1'), undefined)
})

t.test('learnt from what the origin takes', async (t) => {
  const context = createSecureContext({ ca: ORIGIN_ROOT.certificatePem })
  t.equal((await taken(t, 'P-256', context)).share, undefined, 'none that can be sent alone')
  t.equal((await taken(t, 'X25519', context)).share, isOld ? undefined : 'X25519')
  if (!isOld) t.equal((await taken(t, 'X25519MLKEM768', context)).share, 'X25519MLKEM768')
})

t.test('an origin that wants another group gets it', { skip }, async (t) => {
  for (const [share] of SHARES) {
    const context = createSecureContext({ ca: ORIGIN_ROOT.certificatePem, ...groupsFor(share) })
    t.equal((await taken(t, 'P-256', context)).name, 'prime256v1')
    t.equal((await taken(t, 'X25519MLKEM768', context)).name, 'X25519MLKEM768')
  }
})

t.test('nothing learnt: the library decides', async (t) => {
  t.same(groupsFor(undefined), {})
})
