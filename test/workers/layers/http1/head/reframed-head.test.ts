/** Heads of altered bodies: the framing is another, every other line is as it was. */

import t from 'tap'
import { chunkedHead, closingHead } from '../../../../../src/workers/layers/http1/head/reframed-head.ts'

const text = (head: Uint8Array) => Buffer.from(head).toString('latin1')
const HEAD = Buffer.from(
  'HTTP/1.1 200 \xe9\r\nX-Content-Length: 1\r\nCONTENT-LENGTH:   5\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nb:c\r\n\r\n',
  'latin1',
)

t.test('chunked', async (t) => {
  const kept = 'HTTP/1.1 200 \xe9\r\nX-Content-Length: 1\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nb:c\r\n'
  t.equal(text(chunkedHead(HEAD)), `${kept}Transfer-Encoding: chunked\r\n\r\n`)
})

t.test('until the close', async (t) => {
  t.equal(text(closingHead(HEAD)), 'HTTP/1.1 200 \xe9\r\nX-Content-Length: 1\r\nb:c\r\nConnection: close\r\n\r\n')
  t.equal(text(closingHead(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'))), 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n')
})
