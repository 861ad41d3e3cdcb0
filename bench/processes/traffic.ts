/**
 * Load of benchmarks and load tests, HTTP/1.1 over TLS, closed loop: on connections that stay, or one connection per request; and
 * HTTP/2 (`http2-traffic.ts`).
 *
 * argv: files of trusted roots. Asked `connect`, `requests`, `churn`, `connectHttp2`, `requestHttp2` (`traffic-asked.ts`), `close`; every
 * answer counts what failed and why.
 */

import { readFileSync } from 'node:fs'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { serve } from '../support/child.ts'
import { ResponseEnd } from '../support/response-end.ts'
import { type Outcome, parallel, Tally } from '../support/tally.ts'
import { openTls } from '../support/tunnel.ts'
import { closeHttp2, connectHttp2, requestHttp2 } from './http2-traffic.ts'
import type { Churn, Connect, Requests } from './traffic-asked.ts'

const secureContext = createSecureContext({ ca: process.argv.slice(2).map((file) => readFileSync(file)) })
const open: TLSSocket[] = []
const sessions = new Map<string, Buffer>()
/** A peer that stops answering ends its connection, not the run. */
const SILENCE_MS = 20_000
/** Names of new hosts go on from here, so that no two churns of a process share one. */
let names = 0

function request(path: string, host: string, connection: string, extra = ''): Buffer {
  return Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: bench/1.0\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\nConnection: ${connection}\r\nX-Request-Id: 0123456789abcdef\r\n${extra}\r\n`,
  )
}

/** One request and its response; rejects where the connection ends first. */
function exchange(socket: TLSSocket, octets: Buffer, end: ResponseEnd): Promise<void> {
  if (socket.destroyed) return Promise.reject(new Error('the connection had ended'))
  return new Promise((resolve, reject) => {
    end.reset()
    const settle = (error?: Error) => {
      socket.off('data', onData)
      socket.off('close', onClose)
      socket.off('error', settle)
      socket.setTimeout(0)
      socket.removeAllListeners('timeout')
      if (error !== undefined) reject(error)
      else if (end.status === 200) resolve()
      else reject(new Error(`status ${end.status}`))
    }
    const onData = (chunk: Buffer) => {
      if (end.execute(chunk)) settle()
    }
    const onClose = () => settle(new Error('closed before the response was complete'))
    socket.on('data', onData)
    socket.once('close', onClose)
    socket.once('error', settle)
    socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error(`silent for ${SILENCE_MS} ms`)))
    socket.write(octets)
  })
}

async function connectAll({ route, servername, connections, concurrency = 16 }: Connect): Promise<Outcome> {
  const tally = new Tally()
  await parallel(concurrency, connections, async () => {
    const started = performance.now()
    try {
      const socket = await openTls(route, { secureContext, servername })
      socket.on('error', () => socket.destroy())
      open.push(socket)
      tally.succeeded(started)
    } catch (error) {
      tally.fail(error)
    }
  })
  return tally.outcome()
}

async function requests({ count, path, host, extra }: Requests): Promise<Outcome> {
  const tally = new Tally()
  const octets = request(path, host, 'keep-alive', extra)
  let left = count
  await Promise.all(
    open.map(async (socket) => {
      const end = new ResponseEnd()
      while (left-- > 0) {
        const started = performance.now()
        try {
          await exchange(socket, octets, end)
          tally.succeeded(started)
        } catch (error) {
          tally.fail(error)
          if (socket.destroyed) return
        }
      }
    }),
  )
  return tally.outcome()
}

async function churn(asked: Churn): Promise<Outcome> {
  const tally = new Tally()
  await parallel(asked.concurrency, asked.count, async () => {
    const started = performance.now()
    const servername = asked.servername.replace('*', `h${names++}`)
    try {
      const session = asked.resume ? sessions.get(servername) : undefined
      const socket = await openTls(asked.route, { secureContext, servername, session })
      if (socket.isSessionReused()) tally.resumed++
      if (asked.resume) socket.on('session', (ticket: Buffer) => sessions.set(servername, ticket))
      socket.on('error', () => socket.destroy())
      const host = `${servername}:${asked.route.authority.split(':')[1]}`
      await exchange(socket, request(asked.path, host, asked.unannounced === true ? 'keep-alive' : 'close'), new ResponseEnd())
      tally.succeeded(started)
      if (asked.unannounced === true) socket.end()
      else socket.destroy()
    } catch (error) {
      tally.fail(error)
    }
  })
  return tally.outcome()
}

/** Ends all connections that `connect` has opened; answers how many of them were still open. */
function close(): number {
  const alive = open.filter((socket) => !socket.destroyed).length
  for (const socket of open.splice(0)) socket.destroy()
  closeHttp2()
  return alive
}

serve('ready', {
  connect: connectAll,
  requests,
  churn,
  connectHttp2: (asked: Connect) => connectHttp2(asked, secureContext),
  requestHttp2,
  close,
})
