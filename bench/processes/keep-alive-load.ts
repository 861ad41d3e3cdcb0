/**
 * Closed-loop load: keep-alive TLS connections through a CONNECT proxy, one request at a time on each.
 *
 * argv: CA file. Asked `run` with { proxyPort, originPort, connections, requests }: answers when all requests are answered.
 */

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { serve } from '../support/child.ts'

interface Run {
  readonly proxyPort: number
  readonly originPort: number
  readonly connections: number
  readonly requests: number
}

const secureContext = createSecureContext({ ca: readFileSync(process.argv[2] ?? '') })
const REQUEST = Buffer.from(
  'GET /v1/items?page=1&size=20 HTTP/1.1\r\nHost: origin.test\r\nUser-Agent: bench/1.0\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\nConnection: keep-alive\r\nX-Request-Id: 0123456789abcdef\r\n\r\n',
)
const open: TLSSocket[] = []

function openTunnel({ proxyPort, originPort }: Run): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const tcp = connect({ host: '127.0.0.1', port: proxyPort, noDelay: true })
    tcp.once('error', reject)
    tcp.write(`CONNECT 127.0.0.1:${originPort} HTTP/1.1\r\nHost: 127.0.0.1:${originPort}\r\n\r\n`)
    tcp.once('data', () => {
      const secure = connectTls({ socket: tcp, servername: 'origin.test', secureContext, ALPNProtocols: ['http/1.1'] }, () =>
        resolve(secure),
      )
      secure.once('error', reject)
    })
  })
}

/** One request at a time, until `take` says that there are none left. */
function drive(socket: TLSSocket, take: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let expected = 0
    let received = 0
    const next = () => {
      received = 0
      if (take()) socket.write(REQUEST)
      else {
        socket.removeAllListeners('data')
        resolve()
      }
    }
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (expected === 0) expected = chunk.indexOf('\r\n\r\n') + 4 + Number(/content-length: (\d+)/i.exec(chunk.toString('latin1'))?.[1])
      if (received >= expected) next()
    })
    socket.once('close', () => reject(new Error('the proxy closed a connection')))
    next()
  })
}

async function connectAll(run: Run): Promise<number> {
  for (const socket of open.splice(0)) {
    socket.removeAllListeners('close')
    socket.destroy()
  }
  open.push(...(await Promise.all(Array.from({ length: run.connections }, () => openTunnel(run)))))
  return open.length
}

async function run({ requests }: Run): Promise<{ seconds: number }> {
  let left = requests
  const started = performance.now()
  for (const socket of open) socket.removeAllListeners('close')
  await Promise.all(open.map((socket) => drive(socket, () => left-- > 0)))
  return { seconds: (performance.now() - started) / 1000 }
}

serve('ready', { connect: connectAll, run })
