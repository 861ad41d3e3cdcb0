/** Mirror test of `src/acceptor/head/head-octets.ts`: all 256 octets, and the bounds of spans. */

import t from 'tap'
import { fieldValueEnd, isTokenOctet, tokenEnd, visibleEnd } from '../../../src/acceptor/head/head-octets.ts'

t.test('every octet has the classes that the grammar gives it', async (t) => {
  for (let octet = 0; octet < 256; octet++) {
    const bytes = Uint8Array.of(octet)
    const isToken = /[A-Za-z0-9!#$%&'*+.^_`|~-]/.test(String.fromCharCode(octet))
    const isVisible = octet > 0x20 && octet < 0x7f
    const isValue = isVisible || octet === 0x20 || octet === 0x09 || octet >= 0x80
    t.equal(isTokenOctet(octet), isToken, `octet ${octet} in a token`)
    t.equal(tokenEnd(bytes, 0, 1), isToken ? 1 : 0)
    t.equal(visibleEnd(bytes, 0, 1), isVisible ? 1 : 0, `octet ${octet} in a target`)
    t.equal(fieldValueEnd(bytes, 0, 1), isValue ? 1 : 0, `octet ${octet} in a value`)
  }
})

t.test('spans stop at the end given, and at the first octet of another class', async (t) => {
  const bytes = Buffer.from('GET /a b\r\n', 'latin1')
  t.equal(tokenEnd(bytes, 0, 2), 2)
  t.equal(tokenEnd(bytes, 0, bytes.length), 3)
  t.equal(visibleEnd(bytes, 4, bytes.length), 6)
  t.equal(fieldValueEnd(bytes, 4, bytes.length), 8)
})
