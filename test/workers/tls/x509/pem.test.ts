/**
 * PEM blocks go out and come back, and any text reads without a throw (RFC 7468).
 */

import fc from 'fast-check'
import t from 'tap'
import { decodePem, encodePem } from '../../../../src/workers/tls/x509/pem.ts'

t.test('blocks go out and come back', (t) => {
  const bytes = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 4 }), (ders) => {
      const text = ders.map((der) => `Note: x\n${encodePem('CERTIFICATE', der)}`).join('')
      const blocks = decodePem(text)
      if (blocks.length !== ders.length) throw new Error('a block was lost')
      for (const [index, block] of blocks.entries()) {
        if (!block.der.equals(ders[index] ?? Buffer.alloc(0)) || block.preamble.trim() !== 'Note: x') throw new Error('changed')
        if (block.pem !== encodePem(block.label, block.der)) throw new Error('text changed')
      }
    }),
  )
  t.ok(
    encodePem('X', Buffer.alloc(100))
      .split('\n')
      .every((line) => line.length <= 64),
  )
  t.end()
})

t.test('lines may be indented, and end in any way', (t) => {
  const plain = encodePem('PRIVATE KEY', Buffer.alloc(100, 7))
  const forms: Readonly<Record<string, string>> = {
    CRLF: plain.replaceAll('\n', '\r\n'),
    CR: plain.replaceAll('\n', '\r'),
    indented: plain.replaceAll(/^/gm, '    '),
    'empty lines': plain.replaceAll('\n', '\n\n'),
    'one line': plain.replaceAll('\n', ''),
    'text on its lines': `key: ${plain.trimEnd()} # end`,
    'byte order mark': `\ufeff${plain}`,
  }
  for (const [name, text] of Object.entries(forms)) t.equal(decodePem(text)[0]?.pem, plain, name)
  const withFields = plain.replace('\n', '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n')
  for (const text of [
    withFields,
    withFields.replaceAll('\n', '\r\n'),
    withFields.replaceAll('\n', '\r'),
    withFields.replaceAll(/^/gm, '\t'),
  ])
    t.equal(decodePem(text)[0]?.pem, withFields, JSON.stringify(text.slice(0, 40)))
  t.end()
})

t.test('any text reads, never a throw', (t) => {
  const piece = fc.constantFrom('-----BEGIN ', '-----END ', 'A', 'B', '-----', '\n', 'AAAA', '\r\n', '-')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => void decodePem(pieces.join(''))),
    { numRuns: 2_000 },
  )
  const good = encodePem('A', Buffer.from('x'))
  t.equal(decodePem(`-----BEGIN A-----\nAAAA\n${good}`).length, 1, 'a block that is not closed is passed over')
  t.equal(decodePem(`-----BEGIN A-----\nAAAA\n-----END B-----\n${good}`).length, 1, 'closed by another label')
  t.same(decodePem(good.replaceAll('\n', '\r\n'))[0]?.der, Buffer.from('x'))
  t.end()
})
