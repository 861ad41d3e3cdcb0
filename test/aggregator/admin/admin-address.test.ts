/** parseAdminAddress: the forms of an address. */

import t from 'tap'
import { parseAdminAddress } from '../../../src/aggregator/admin/admin-address.ts'
import { formatAuthority } from '../../../src/shared/targets/authority.ts'

const TABLE: readonly (readonly [string, string | undefined])[] = [
  ['127.0.0.1:9090', '127.0.0.1:9090'],
  ['[::1]:0', '[::1]:0'],
  [':9090', '127.0.0.1:9090'],
  ['9090', '127.0.0.1:9090'],
  ['localhost:65535', 'localhost:65535'],
  [' 0.0.0.0:80 ', '0.0.0.0:80'],
  ['', undefined],
  ['localhost', undefined],
  ['localhost:', undefined],
  ['localhost:65536', undefined],
  ['localhost:-1', undefined],
  ['::1:9090', undefined],
  ['[::1]', undefined],
  ['http://localhost:9090', undefined],
  ['unix:/run/admin.sock', undefined],
]

for (const [text, expected] of TABLE) {
  const address = parseAdminAddress(text)
  t.equal(address === undefined ? undefined : formatAuthority(address.host, address.port), expected, JSON.stringify(text))
}
