/**
 * Load of small HTTP/2 requests on a few connections through a CONNECT proxy, a fixed number of streams open on each.
 *
 * argv: CA file. Asked `connect` with { proxyPort, originPort, connections }, then `run` with { requests, streams }: answers when
 * all requests are answered.
 */

import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'
import { serve } from '../support/child.ts'

const secureContext = createSecureContext({ ca: readFileSync(process.argv[2] ?? '') })
const REQUEST = {
  ':path': '/v1/items?page=1&size=20',
  'user-agent': 'bench/1.0',
  accept: 'application/json',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en',
  'x-request-id': '0123456789abcdef',
}
const open: ClientHttp2Session[] = []

function openSession(proxyPort: number, originPort: number): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const tcp = connect({ host: '127.0.0.1', port: proxyPort, noDelay: true })
    tcp.once('error', reject)
    tcp.write(`CONNECT 127.0.0.1:${originPort} HTTP/1.1\r\nHost: 127.0.0.1:${originPort}\r\n\r\n`)
    tcp.once('data', () => {
      const createConnection = () => connectTls({ socket: tcp, servername: 'origin.test', secureContext, ALPNProtocols: ['h2'] })
      const session = connectHttp2('https://origin.test', { createConnection })
      session.once('error', reject).once('remoteSettings', () => resolve(session))
    })
  })
}

async function connectAll(target: { proxyPort: number; originPort: number; connections: number }): Promise<number> {
  open.push(...(await Promise.all(Array.from({ length: target.connections }, () => openSession(target.proxyPort, target.originPort)))))
  return open.length
}

function run({ requests, streams }: { requests: number; streams: number }): Promise<number> {
  let left = requests
  let pending = requests
  return new Promise((resolve, reject) => {
    const next = (session: ClientHttp2Session) => {
      if (left-- <= 0) return
      const stream = session.request(REQUEST)
      stream.resume().once('error', reject)
      stream.once('close', () => {
        if (--pending === 0) resolve(requests)
        else next(session)
      })
    }
    for (const session of open) for (let n = 0; n < streams; n++) next(session)
  })
}

serve('ready', { connect: connectAll, run })
