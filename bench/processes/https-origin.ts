/**
 * A TLS origin that answers every small keep-alive request with the same reply, at the least cost: so that the machine's two
 * cores are left to proxy and load. Real origins (nginx) serve the peers report.
 *
 * argv: certificate file, key file, octets of the reply's body, the one TLS version it speaks (empty: all), the key agreement
 * groups that it takes (the library's where they are left out).
 */

import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type SecureVersion } from 'node:tls'
import { serve } from '../support/child.ts'

const [certFile = '', keyFile = '', size = '128', version = '', groups] = process.argv.slice(2)
const versions = version === '' ? {} : { minVersion: version as SecureVersion, maxVersion: version as SecureVersion }
const body = Buffer.alloc(Number(size), 'x')
const reply = Buffer.concat([
  Buffer.from(
    `HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nContent-Length: ${body.length}\r\n\r\n`,
  ),
  body,
])
const END_OF_HEAD = Buffer.from('\r\n\r\n')

const ecdhCurve = groups === undefined ? {} : { ecdhCurve: groups }
const identity = { cert: readFileSync(certFile), key: readFileSync(keyFile), ...ecdhCurve }
const server = createServer({ ...identity, ...versions, ALPNProtocols: ['http/1.1'] }, (socket) => {
  let rest: Buffer = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(END_OF_HEAD); end !== -1; end = rest.indexOf(END_OF_HEAD)) {
      rest = rest.subarray(end + END_OF_HEAD.length)
      socket.write(reply)
    }
  })
})
server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
