/**
 * What every peer does: a CONNECT proxy that terminates HTTP/2 with node:http2 on both sides, one request at a time copied from
 * stream to stream. No events, no policy. Backpressure kept by `pipe`.
 *
 * argv: origin's CA file, leaf certificate file, leaf key file.
 */

import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect as connectHttp2, createSecureServer } from 'node:http2'
import { type AddressInfo, connect, createServer } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'
import { serve } from '../support/child.ts'

const [caFile = '', certFile = '', keyFile = ''] = process.argv.slice(2)
const originContext = createSecureContext({ ca: readFileSync(caFile) })
const origins = new WeakMap<object, ClientHttp2Session>()
let target = { host: '', port: 0 }

const inner = createSecureServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
inner.on('session', (session) => {
  const tcp = connect({ ...target, noDelay: true })
  const createConnection = () => connectTls({ socket: tcp, servername: 'origin.test', secureContext: originContext, ALPNProtocols: ['h2'] })
  const origin = connectHttp2('https://origin.test', { createConnection })
  origin.on('error', () => session.destroy())
  session.on('error', () => origin.destroy())
  session.once('close', () => origin.close())
  origins.set(session, origin)
})
inner.on('stream', (stream, { ':scheme': _scheme, ...headers }) => {
  const session = stream.session
  const origin = session === undefined ? undefined : origins.get(session)
  const onward = origin?.request(headers, { endStream: stream.endAfterHeaders })
  if (onward === undefined) return
  onward.on('error', () => stream.destroy())
  onward.once('response', (fields) => {
    stream.respond(fields)
    onward.pipe(stream)
  })
  if (!stream.endAfterHeaders) stream.pipe(onward)
})

const server = createServer({ noDelay: true }, (client) => {
  client.once('data', (head: Buffer) => {
    const [host = '', port] = (head.toString('latin1').split(' ')[1] ?? '').split(':')
    target = { host, port: Number(port) }
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    inner.emit('connection', client)
  })
})
server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
