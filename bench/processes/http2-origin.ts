/**
 * An HTTP/2 origin by node:http2 that answers every request with the same reply.
 *
 * argv: certificate file, key file, octets of the reply's body.
 */

import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { serve } from '../support/child.ts'

const [certFile = '', keyFile = '', size = '128'] = process.argv.slice(2)
const body = Buffer.alloc(Number(size), 'x')
const fields = { ':status': 200, server: 'bench', 'content-type': 'text/plain', 'cache-control': 'no-store', 'content-length': body.length }

const server = createSecureServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
server.on('stream', (stream) => {
  stream.respond(fields)
  stream.end(body)
})
server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
