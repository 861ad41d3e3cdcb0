/**
 * Load of small requests on keep-alive TLS connections through a CONNECT proxy, one request at a time on each.
 *
 * argv: CA file. Asked `connect` with { proxyPort, originPort, connections }, then `run` with { requests, rate }: answers when
 * all requests are answered. `rate` is requests per second, however fast the proxy is; 0: each as soon as the one before it on
 * the same connection is answered.
 */

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { serve } from '../support/child.ts'

interface Target {
  readonly proxyPort: number
  readonly originPort: number
  readonly connections: number
}

interface Run {
  readonly requests: number
  readonly rate: number
}

/** How often a paced load sends what has become due. */
const TICK_MS = 1

const secureContext = createSecureContext({ ca: readFileSync(process.argv[2] ?? '') })
const REQUEST = Buffer.from(
  'GET /v1/items?page=1&size=20 HTTP/1.1\r\nHost: origin.test\r\nUser-Agent: bench/1.0\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\nConnection: keep-alive\r\nX-Request-Id: 0123456789abcdef\r\n\r\n',
)
const open: TLSSocket[] = []

function openTunnel({ proxyPort, originPort }: Target): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const tcp = connect({ host: '127.0.0.1', port: proxyPort, noDelay: true })
    tcp.once('error', reject)
    tcp.write(`CONNECT 127.0.0.1:${originPort} HTTP/1.1\r\nHost: 127.0.0.1:${originPort}\r\n\r\n`)
    tcp.once('data', () => {
      const secure = connectTls({ socket: tcp, servername: 'origin.test', secureContext, ALPNProtocols: ['http/1.1'] }, () =>
        resolve(secure),
      )
      secure.once('error', reject)
      secure.once('close', () => {
        throw new Error('the proxy closed a connection')
      })
    })
  })
}

/** Sends a request on `socket` and calls `answered` when its response is whole. */
function exchange(socket: TLSSocket, answered: () => void): void {
  let expected = 0
  let received = 0
  const onData = (chunk: Buffer) => {
    received += chunk.length
    if (expected === 0) expected = chunk.indexOf('\r\n\r\n') + 4 + Number(/content-length: (\d+)/i.exec(chunk.toString('latin1'))?.[1])
    if (received < expected) return
    socket.off('data', onData)
    answered()
  }
  socket.on('data', onData)
  socket.write(REQUEST)
}

async function connectAll(target: Target): Promise<number> {
  for (const socket of open.splice(0)) {
    socket.removeAllListeners('close')
    socket.destroy()
  }
  open.push(...(await Promise.all(Array.from({ length: target.connections }, () => openTunnel(target)))))
  return open.length
}

function closedLoop(requests: number): Promise<void> {
  let left = requests
  let pending = requests
  return new Promise((resolve) => {
    const next = (socket: TLSSocket) => {
      if (left-- <= 0) return
      exchange(socket, () => {
        if (--pending === 0) resolve()
        else next(socket)
      })
    }
    for (const socket of open) next(socket)
  })
}

/** What finds every connection busy waits for the first that is free. */
function paced(requests: number, rate: number): Promise<void> {
  const idle = [...open]
  const started = performance.now()
  let sent = 0
  let pending = requests
  return new Promise((resolve) => {
    const tick = () => {
      const due = Math.min(requests, Math.floor(((performance.now() - started) * rate) / 1_000))
      for (let socket = idle.shift(); socket !== undefined; socket = idle.shift()) {
        if (sent >= due) {
          idle.unshift(socket)
          break
        }
        sent++
        exchange(socket, () => {
          idle.push(socket)
          if (--pending === 0) resolve()
        })
      }
      if (sent < requests) setTimeout(tick, TICK_MS)
    }
    tick()
  })
}

async function run({ requests, rate }: Run): Promise<{ seconds: number }> {
  const started = performance.now()
  await (rate === 0 ? closedLoop(requests) : paced(requests, rate))
  return { seconds: (performance.now() - started) / 1_000 }
}

serve('ready', { connect: connectAll, run })
