/** methodName: the octets of a method as a string, whatever they are. */

import fc from 'fast-check'
import t from 'tap'
import { methodName } from '../../../../src/workers/layers/http/method-name.ts'

t.test('registered methods, their prefixes and other cases', (t) => {
  for (const method of [
    'GET',
    'POST',
    'HEAD',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'CONNECT',
    'TRACE',
    'get',
    'GE',
    'GETS',
    'M-SEARCH',
    '',
  ]) {
    const bytes = Buffer.from(`xx${method} / HTTP/1.1`)
    t.equal(methodName(bytes, 2, 2 + method.length), method)
  }
  t.end()
})

t.test('any octets: what Latin-1 makes of them', (t) => {
  const isLatin1 = fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
    return methodName(bytes, 0, bytes.length) === Buffer.from(bytes).toString('latin1')
  })
  t.doesNotThrow(() => fc.assert(isLatin1))
  t.end()
})
