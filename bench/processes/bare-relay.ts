/**
 * The floor that the engine is measured against: a CONNECT proxy with TLS on both sides that copies bytes and does nothing
 * else: no parsing, no events, no policy. One thread, `node:tls`, backpressure kept.
 *
 * argv: origin's CA file, leaf certificate file, leaf key file, protocol to negotiate on both sides (none by default).
 */

import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls'
import { serve } from '../support/child.ts'

const [caFile = '', certFile = '', keyFile = '', protocol] = process.argv.slice(2)
const alpn = protocol === undefined ? {} : { ALPNProtocols: [protocol] }
const ca = readFileSync(caFile)
const secureContext = createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile), ca })
const originContext = createSecureContext({ ca })

function pipe(from: Socket, to: Socket): void {
  from.on('data', (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause()
  })
  to.on('drain', () => from.resume())
  from.on('end', () => to.end())
  from.on('error', () => to.destroy())
  from.on('close', () => to.destroy())
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  client.once('data', (head: Buffer) => {
    const [host = '', port] = (head.toString('latin1').split(' ')[1] ?? '').split(':')
    const tcp = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true }, () => {
      const origin = connectTls({ socket: tcp, servername: 'origin.test', secureContext: originContext, ...alpn }, () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        const secure = new TLSSocket(client, { isServer: true, secureContext, ...alpn })
        pipe(secure, origin)
        pipe(origin, secure)
      })
    })
  })
})
server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
