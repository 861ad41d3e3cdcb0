/**
 * A RST behind data is told from a FIN behind data on a real socket.
 */

import { connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { wasReset } from '../../../../src/workers/tls/failure/was-reset.ts'

/** How the next connection to the server ended. */
async function ending(act: (client: Socket) => void): Promise<string> {
  const server = createServer({ allowHalfOpen: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const told = new Promise<string>((resolve) => {
    server.once('connection', (socket) => {
      socket.once('end', () => resolve(wasReset(socket) ? 'reset' : 'fin'))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.syscall === 'read' ? 'reset' : 'error'))
      socket.resume()
    })
  })
  const client = connect(port, '127.0.0.1')
  await new Promise((resolve) => client.once('connect', resolve))
  client.write('some data')
  act(client)
  const result = await told
  server.close()
  client.destroy()
  return result
}

t.test('a RST behind data is a reset, a FIN behind data is none', async (t) => {
  t.equal(await ending((client) => client.resetAndDestroy()), 'reset')
  t.equal(await ending((client) => client.end()), 'fin')
})
