/**
 * Many idle clients: TLS connections through a CONNECT proxy that exchange one small request each and then stay open.
 *
 * argv: CA file. Asked `open` with { proxyPort, originPort, sessions }: answers how many are open. Asked `exchange`: sends one
 * more request on each and answers how many were answered. Asked `close`: ends them all.
 */

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { serve } from '../support/child.ts'

interface Horde {
  readonly proxyPort: number
  readonly originPort: number
  readonly sessions: number
}

/** Handshakes under way at a time: what a machine with two cores does not queue. */
const LANES = 64
const REQUEST = 'GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n'

const secureContext = createSecureContext({ ca: readFileSync(process.argv[2] ?? '') })
const sockets: TLSSocket[] = []

function openOne({ proxyPort, originPort }: Horde): Promise<void> {
  return new Promise((resolve, reject) => {
    const tcp = connect(proxyPort, '127.0.0.1')
    tcp.once('error', reject)
    tcp.write(`CONNECT 127.0.0.1:${originPort} HTTP/1.1\r\nHost: 127.0.0.1:${originPort}\r\n\r\n`)
    tcp.once('data', () => {
      const secure = connectTls({ socket: tcp, servername: 'origin.test', secureContext, ALPNProtocols: ['http/1.1'] })
      secure.on('error', reject)
      secure.once('data', () => {
        sockets.push(secure)
        resolve()
      })
      secure.write(REQUEST)
    })
  })
}

async function open(horde: Horde): Promise<number> {
  let left = horde.sessions
  const lane = async () => {
    while (left-- > 0) await openOne(horde)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return sockets.length
}

async function exchange(): Promise<number> {
  const answers = sockets.map(
    (socket) =>
      new Promise<boolean>((resolve) => {
        socket.once('data', () => resolve(true))
        socket.once('close', () => resolve(false))
        socket.write(REQUEST)
      }),
  )
  return (await Promise.all(answers)).filter(Boolean).length
}

async function close(): Promise<void> {
  const closed = sockets.splice(0).map(
    (socket) =>
      new Promise((resolve) => {
        socket.once('close', resolve)
        socket.destroy()
      }),
  )
  await Promise.all(closed)
}

serve('ready', { open, exchange, close })
