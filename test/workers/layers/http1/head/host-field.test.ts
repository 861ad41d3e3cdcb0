/** isHostWithPort: hosts that a request may name, and what only looks like one. */

import t from 'tap'
import { isHostWithPort } from '../../../../../src/workers/layers/http1/head/host-field.ts'

const VALID = [
  '',
  'a',
  'a.example',
  'A_b-c.~d',
  'a:80',
  'a:',
  '127.0.0.1:8080',
  '[::1]',
  '[::1]:443',
  '[::ffff:1.2.3.4]',
  'x%20y',
  'b!cher.example',
]
const INVALID = [
  'a b',
  'a/b',
  'a?b',
  'a#b',
  'u@a',
  'a:b',
  'a:80:80',
  'a:8x',
  '[',
  ']',
  '[]',
  '[::1',
  '::1',
  '[::1]x',
  '[g::1]',
  'a\\b',
  'a\xe9',
  'a\0',
  '"a"',
  '<a>',
]

t.test('hosts with an optional port', async (t) => {
  const judge = (host: string): boolean => {
    const bytes = Buffer.from(`<${host}:`, 'latin1')
    return isHostWithPort(bytes, 1, bytes.length - 1)
  }
  for (const host of VALID) t.equal(judge(host), true, JSON.stringify(host))
  for (const host of INVALID) t.equal(judge(host), false, JSON.stringify(host))
})
