/** Mirror test of `src/shared/bytes/ascii.ts`. */

import t from 'tap'
import { isAscii } from '../../../src/shared/bytes/ascii.ts'

t.test('the last character of ASCII, and the first beyond', async (t) => {
  for (const text of ['', 'a', 'example.com', '\0\x7f']) t.equal(isAscii(text), true, JSON.stringify(text))
  for (const text of ['\x80', 'bücher.example', 'example.com\u3002', '\ud83d\ude00']) t.equal(isAscii(text), false, JSON.stringify(text))
})
