/**
 * An origin that takes heads of any size and answers with as many fields as asked: `/fields/COUNT/OCTETS`.
 *
 * argv: certificate file, key file.
 */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { serve } from '../../bench/support/child.ts'

const [certFile = '', keyFile = ''] = process.argv.slice(2)
const options = { cert: readFileSync(certFile), key: readFileSync(keyFile), maxHeaderSize: 1 << 20 }

const server = createServer(options, (request, response) => {
  const [, , count = '0', octets = '0'] = (request.url ?? '').split('/')
  for (let n = 0; n < Number(count); n++) response.setHeader(`X-Answer-${n}`, 'v'.repeat(Number(octets)))
  response.setHeader('Content-Length', 2)
  response.end('ok')
})
// Its own limit of fields would hide the engine's.
server.maxHeadersCount = 0
server.headersTimeout = 0
server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
