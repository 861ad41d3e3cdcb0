/** The kernel's socket table, as it is written on little-endian machines. */

import { endianness } from 'node:os'
import t from 'tap'
import { findSocket } from '../../../src/acceptor/owners/socket-table.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const row = (n: number, local: string, remote: string, uid: number, inode: number) =>
  `   ${n}: ${local} ${remote} 01 00000000:00000000 02:000000DB 00000000  ${uid}        0 ${inode} 2 0000000000000000 20 4 30 10 -1`

const TABLE = [
  HEAD,
  row(0, '00000000:1F90', '00000000:0000', 0, 11),
  row(1, '0100007F:1F90', '0100007F:C350', 33, 12),
  row(2, '0100007F:C350', '0100007F:1F90', 1000, 13),
  row(3, '0100007F:C351', '0100007F:1F90', 1001, 0),
  HEAD,
  row(0, '00000000000000000000000001000000:C352', '00000000000000000000000001000000:1F90', 1002, 14),
  row(1, '0000000000000000FFFF00000100007F:C353', '0000000000000000FFFF00000100007F:1F90', 1003, 15),
].join('\n')

const end = (address: string, port: number) => ({ address, port })

t.test('rows', { skip: endianness() === 'LE' ? false : 'the table is written for little-endian machines' }, async (t) => {
  const cases: readonly (readonly [name: string, address: string, port: number, expected: object | undefined])[] = [
    ['IPv4: the row of the client, not of the proxy', '127.0.0.1', 50_000, { uid: 1000, inode: 13 }],
    ['a mapped address is the plain one', '::ffff:127.0.0.1', 50_000, { uid: 1000, inode: 13 }],
    ['IPv6', '::1', 50_002, { uid: 1002, inode: 14 }],
    ['an IPv6 socket to IPv4', '127.0.0.1', 50_003, { uid: 1003, inode: 15 }],
    ['held by nobody', '127.0.0.1', 50_001, undefined],
    ['not there', '127.0.0.1', 50_009, undefined],
    ['no address', '', 50_000, undefined],
  ]
  for (const [name, address, port, expected] of cases) {
    const other = end(address.includes(':') && !address.includes('.') ? '::1' : '127.0.0.1', 8_080)
    t.same(findSocket(TABLE, end(address, port), other), expected, name)
  }
  t.equal(findSocket('', end('127.0.0.1', 1), end('127.0.0.1', 2)), undefined)
})
