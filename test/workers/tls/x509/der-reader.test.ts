/**
 * The DER reader reads what the DER writer makes, and stays within bounds on any octets.
 */

import fc from 'fast-check'
import t from 'tap'
import { firstChild, nextSibling, readElement, valueEquals } from '../../../../src/workers/tls/x509/der-reader.ts'
import { encode, octetString, sequence, smallInteger } from '../../../../src/workers/tls/x509/der-writer.ts'

t.test('what the writer makes', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 5 }), (values) => {
      const der = encode(sequence(values.map(octetString)))
      const list = readElement(der, 0, der.length)
      if (list === undefined || list.end !== der.length) throw new Error('sequence')
      let element = firstChild(der, list)
      for (const value of values) {
        if (element === undefined || !valueEquals(der, element, [...value])) throw new Error('value')
        element = nextSibling(der, list, element)
      }
      if (element !== undefined) throw new Error('one too many')
    }),
  )
  t.end()
})

t.test('elements that do not fit are absent', (t) => {
  const table: readonly [octets: string, why: string][] = [
    ['', 'nothing'],
    ['30', 'no length'],
    ['3001', 'value cut'],
    ['308000', 'indefinite length'],
    ['3081', 'length cut'],
    ['30850000000001', 'length of five octets'],
    ['3084ffffffff', 'four gigabytes'],
    ['1f0100', 'high tag number'],
  ]
  for (const [octets, why] of table) {
    const bytes = Buffer.from(octets, 'hex')
    t.equal(readElement(bytes, 0, bytes.length), undefined, why)
  }
  const inner = Buffer.from('3003020500', 'hex')
  const outer = readElement(inner, 0, inner.length)
  t.equal(outer && firstChild(inner, outer), undefined, 'a child past its parent')
  const integer = encode(smallInteger(5))
  const element = readElement(integer, 0, integer.length)
  t.equal(element && valueEquals(integer, element, [5, 0]), false)
  t.end()
})

t.test('any octets: an element within bounds, or none', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.nat(14), (bytes, at) => {
      const element = readElement(bytes, at, bytes.length)
      if (element !== undefined && (element.end > bytes.length || element.value <= element.start)) throw new Error('out of bounds')
    }),
    { numRuns: 3_000 },
  )
  t.end()
})
