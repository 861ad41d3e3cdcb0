/** ProviderLines: the same lines whatever the splits; too long ones told once and skipped. */

import t from 'tap'
import { ProviderLines } from '../../../src/acceptor/providers/provider-lines.ts'
import { PROVIDER_LINE_BYTES } from '../../../src/shared/limits/providers.ts'
import { chunkings } from '../../support/chunkings.ts'

function run(chunks: Iterable<Uint8Array>): string[] {
  const seen: string[] = []
  const lines = new ProviderLines({ onLine: (text) => seen.push(text), onTooLong: () => seen.push('too long') })
  for (const chunk of chunks) lines.execute(chunk)
  return seen
}

t.test('lines in any chunks', async (t) => {
  const octets = Buffer.from('{"a":1}\n\n  \r\nzwei é\r\nopen')
  for (const chunks of chunkings(octets)) t.same(run(chunks), ['{"a":1}', 'zwei é'])
})

t.test('the bound is exact, and what comes behind a long line is read', async (t) => {
  const longest = 'x'.repeat(PROVIDER_LINE_BYTES)
  for (const size of [1, 1_000, 100_000]) {
    const octets = Buffer.from(`${longest}\n${longest}y\nnext\n${longest.repeat(3)}\nlast\n`)
    const chunks = Array.from({ length: Math.ceil(octets.length / size) }, (_, n) => octets.subarray(n * size, (n + 1) * size))
    t.same(run(chunks), [longest, 'too long', 'next', 'too long', 'last'], `chunks of ${size}`)
  }
})
