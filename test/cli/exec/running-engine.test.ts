/**
 * Who answers on an address: programs of every kind in the engine's place. The engine itself is asked in exec-command.test.ts.
 */

import { type AddressInfo, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { askOccupant } from '../../../src/cli/exec/running-engine.ts'

async function occupantThat(t: Test, behave: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    behave(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return askOccupant('127.0.0.1', (server.address() as AddressInfo).port)
}

t.test('others', async (t) => {
  const answers: Readonly<Record<string, (socket: Socket) => void>> = {
    'closes at once': (socket) => socket.end(),
    'speaks no HTTP': (socket) => socket.end('SSH-2.0-x\r\n'),
    'answers 404': (socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
    'answers something else': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'),
    'answers without end': (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      const write = () => void (socket.writable && socket.write(Buffer.alloc(16_384, 'x'), write))
      write()
    },
    'says nothing': () => undefined,
  }
  for (const [name, behave] of Object.entries(answers)) t.same(await occupantThat(t, behave), { kind: 'other' }, name)
})

t.test('nobody', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  t.same(await askOccupant('127.0.0.1', port), { kind: 'nobody' })
})
