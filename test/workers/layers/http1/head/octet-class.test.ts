/** OCTET_CLASS against the grammars it stands for, written here as regular expressions from the RFCs. */

import t from 'tap'
import {
  DIGIT,
  HEX,
  HOST,
  LETTER,
  OCTET_CLASS,
  SCHEME,
  TARGET,
  TOKEN,
  VALUE,
} from '../../../../../src/workers/layers/http1/head/octet-class.ts'

const GRAMMARS: readonly (readonly [name: string, bit: number, grammar: RegExp])[] = [
  ['tchar, RFC 9110 §5.6.2', TOKEN, /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/],
  ['field-vchar, SP and HTAB, RFC 9110 §5.5', VALUE, /^[\t\x20-\x7e\x80-\xff]$/],
  ['VCHAR without #, RFC 5234', TARGET, /^[!"$-~]$/],
  ['reg-name, RFC 3986 §3.2.2', HOST, /^[A-Za-z0-9\-._~%!$&'()*+,;=]$/],
  ['HEXDIG', HEX, /^[0-9A-Fa-f]$/],
  ['DIGIT', DIGIT, /^[0-9]$/],
  ['scheme, RFC 3986 §3.1', SCHEME, /^[A-Za-z0-9+.-]$/],
  ['ALPHA', LETTER, /^[A-Za-z]$/],
]

for (const [name, bit, grammar] of GRAMMARS) {
  t.test(name, async (t) => {
    const different = Array.from({ length: 256 }, (_, octet) => octet).filter(
      (octet) => (((OCTET_CLASS[octet] as number) & bit) !== 0) !== grammar.test(String.fromCharCode(octet)),
    )
    t.same(different, [])
  })
}
