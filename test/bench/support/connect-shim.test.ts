/**
 * ConnectShim between a client that knows no proxies and a CONNECT proxy: octets of both sides, a server that speaks first, refusal.
 */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import t from 'tap'
import { ConnectShim } from '../../../bench/support/connect-shim.ts'

/** Answers a CONNECT with `answer`, then echoes. */
async function proxy(answer: string): Promise<{ server: Server; port: number; heads: string[] }> {
  const heads: string[] = []
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', (head: Buffer) => {
      heads.push(head.toString())
      socket.write(answer)
      socket.on('data', (chunk: Buffer) => socket.write(chunk))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { server, port: (server.address() as AddressInfo).port, heads }
}

t.test('octets pass, those behind the answer first', async (t) => {
  const { server, port, heads } = await proxy('HTTP/1.1 200 OK\r\n\r\nwelcome ')
  const shim = await ConnectShim.open({ port, authority: 'a.test:443' })
  const client = connect(shim.port, '127.0.0.1')
  client.write('hello')
  let text = ''
  while (text !== 'welcome hello') text += String((await once(client, 'data'))[0])
  t.equal(text, 'welcome hello')
  t.same(heads, ['CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n'])
  client.destroy()
  await shim.close()
  server.close()
})

t.test('a refused tunnel is counted and closes its client', async (t) => {
  const { server, port } = await proxy('HTTP/1.1 403 Forbidden\r\n\r\n')
  const shim = await ConnectShim.open({ port, authority: 'a.test:443' })
  const client = connect(shim.port, '127.0.0.1')
  client.on('error', () => {})
  await once(client, 'close')
  t.equal(shim.refused, 1)
  await shim.close()
  server.close()
})
