/**
 * ResponseEnd through all splits: complete exactly at the last octet, never before.
 */

import t from 'tap'
import { ResponseEnd } from '../../../bench/support/response-end.ts'

const RESPONSES: Readonly<Record<string, string>> = {
  'content length': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'no body': 'HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n',
  chunked: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
}

for (const [name, text] of Object.entries(RESPONSES)) {
  t.test(name, async (t) => {
    const octets = Buffer.from(text)
    for (let split = 1; split < octets.length; split++) {
      const end = new ResponseEnd()
      t.equal(end.execute(octets.subarray(0, split)), false, `not after ${split}`)
      t.equal(end.execute(octets.subarray(split)), true)
      t.equal(end.status, Number(text.slice(9, 12)))
      end.reset()
      t.equal(end.execute(octets), true, 'and again')
    }
  })
}
