/** Mirror test of `src/acceptor/head/first-octets.ts`. */

import t from 'tap'
import { EMPTY_LINE, type FirstOctets, REQUEST_LINE, recogniseFirstOctets, UNDECIDED } from '../../../src/acceptor/head/first-octets.ts'
import { CONNECT_VIOLATIONS } from '../../../src/shared/violations/connect.ts'

const TOKEN = /[A-Za-z0-9!#$%&'*+.^_`|~-]/

t.test('all first octets', async (t) => {
  const special = new Map<number, FirstOctets>([
    [0x04, CONNECT_VIOLATIONS.connect_socks4],
    [0x05, CONNECT_VIOLATIONS.connect_socks5],
    [0x0a, CONNECT_VIOLATIONS.connect_bare_lf],
    [0x0d, UNDECIDED],
    [0x16, CONNECT_VIOLATIONS.connect_tls_to_plain_port],
    [0x50, UNDECIDED],
  ])
  for (let octet = 0; octet < 256; octet++) {
    const plain = TOKEN.test(String.fromCharCode(octet)) ? REQUEST_LINE : CONNECT_VIOLATIONS.connect_not_http
    t.equal(recogniseFirstOctets(Uint8Array.of(octet), 1), special.get(octet) ?? plain, `octet ${octet}`)
  }
  t.equal(recogniseFirstOctets(new Uint8Array(0), 0), UNDECIDED)
})

t.test('what is told of a prefix holds for every longer one', async (t) => {
  const rows: [string, number, FirstOctets][] = [
    ['PRI * HTTP/2.0\r\n', 4, CONNECT_VIOLATIONS.connect_http2_preface],
    ['PRIVATE x', 4, REQUEST_LINE],
    ['POST /', 2, REQUEST_LINE],
    ['PROPFIND /', 4, REQUEST_LINE],
    ['PROXY TCP6', 7, CONNECT_VIOLATIONS.connect_proxy_protocol],
    ['PROXY UNKNOWN', 7, CONNECT_VIOLATIONS.connect_proxy_protocol],
    ['PROXY http://', 7, REQUEST_LINE],
    ['PROXYX', 6, REQUEST_LINE],
    ['\r\nGET', 3, EMPTY_LINE],
    ['\r\n\r\n\0\r\nQUIT\n', 5, CONNECT_VIOLATIONS.connect_proxy_protocol],
    ['\r\n\r\nGET', 5, CONNECT_VIOLATIONS.connect_bad_request_line],
    ['\r\n\rG', 4, CONNECT_VIOLATIONS.connect_bare_cr],
    ['\rG', 2, CONNECT_VIOLATIONS.connect_bare_cr],
  ]
  for (const [text, decidedAt, expected] of rows) {
    const bytes = Buffer.from(text, 'latin1')
    for (let length = 1; length <= bytes.length; length++) {
      t.equal(recogniseFirstOctets(bytes, length), length < decidedAt ? UNDECIDED : expected, JSON.stringify(text.slice(0, length)))
    }
  }
})
