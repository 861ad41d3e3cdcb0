/**
 * Connections without TLS through a proxy: CONNECT, one octet there and back, the end. An echo server in the same process is the origin, so
 * that what the proxy spends is its own part of a connection and nothing else.
 *
 * Asked `tunnels`: opens so many, so many at a time.
 */

import { type AddressInfo, connect, createServer } from 'node:net'
import { serve } from '../support/child.ts'
import { parallel, Tally } from '../support/tally.ts'

export interface Tunnels {
  readonly proxyPort: number
  readonly count: number
  readonly concurrency: number
}

const ESTABLISHED = '\r\n\r\n'
const SILENCE_MS = 20_000

const origin = createServer({ noDelay: true }, (socket) => socket.on('error', () => socket.destroy()).pipe(socket))
await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
const authority = `127.0.0.1:${(origin.address() as AddressInfo).port}`

function tunnel(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    let head = ''
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('silence')))
    socket.on('data', (bytes) => {
      if (head.endsWith(ESTABLISHED)) {
        socket.end()
        return
      }
      head += bytes.toString('latin1')
      if (!head.endsWith(ESTABLISHED)) return
      if (head.startsWith('HTTP/1.1 200')) socket.write('x')
      else socket.destroy(new Error(head.slice(0, 20)))
    })
    socket.once('error', reject)
    socket.once('close', () => resolve())
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  })
}

serve(
  {},
  {
    tunnels: async ({ proxyPort, count, concurrency }: Tunnels) => {
      const tally = new Tally()
      await parallel(concurrency, count, async () => {
        const started = performance.now()
        try {
          await tunnel(proxyPort)
          tally.succeeded(started)
        } catch (error) {
          tally.fail(error)
        }
      })
      return tally.outcome()
    },
  },
)
