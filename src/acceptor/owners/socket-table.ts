/**
 * The kernel's table of TCP sockets (proc(5), `/proc/net/tcp` and `tcp6`): who holds the client's end of a connection on this very
 * machine. Pure: text in. Main thread.
 *
 *       sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *        0: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 55555 …
 *
 * Addresses are 32-bit words in the machine's own order of octets, in hexadecimal.
 */

import { endianness } from 'node:os'
import { addressOctets, type IpWords, ipv6Words, parseIpAddress } from '../../shared/policy/hosts/ip-address.ts'

export interface SocketEnd {
  readonly address: string
  readonly port: number
}

export interface TableEntry {
  readonly uid: number
  readonly inode: number
}

const WORD_OCTETS = 4
const UID_COLUMN = 7
const INODE_COLUMN = 9
const MAPPED_PREFIX = '::ffff:'

/** The row of the socket whose own end is `own`, and whose other end is `other`. `table`: both files, one behind the other. */
export function findSocket(table: string, own: SocketEnd, other: SocketEnd): TableEntry | undefined {
  for (const spell of [plainEnd, mappedEnd]) {
    const at = table.indexOf(` ${spell(own)} ${spell(other)} `)
    if (at === -1) continue
    const row = table
      .slice(table.lastIndexOf('\n', at) + 1, end(table, at))
      .trim()
      .split(/\s+/)
    const entry = { uid: Number(row[UID_COLUMN]), inode: Number(row[INODE_COLUMN]) }
    // A socket that nobody holds any more has no inode.
    return Number.isSafeInteger(entry.uid) && entry.inode > 0 ? entry : undefined
  }
  return undefined
}

function end(table: string, at: number): number {
  const newline = table.indexOf('\n', at)
  return newline === -1 ? table.length : newline
}

function plainEnd({ address, port }: SocketEnd): string {
  return hexEnd(parseIpAddress(address) ?? [], port)
}

/** An IPv4 client whose socket is one of IPv6, as dual-stack programs have them. */
function mappedEnd({ address, port }: SocketEnd): string {
  const words = parseIpAddress(address) ?? []
  return hexEnd(words.length === 2 ? [...ipv6Words(`${MAPPED_PREFIX}0.0.0.0`).slice(0, 6), ...words] : words, port)
}

function hexEnd(words: IpWords, port: number): string {
  const octets = Buffer.from(addressOctets(words))
  let hex = ''
  for (let at = 0; at < octets.length; at += WORD_OCTETS) {
    const word = octets.subarray(at, at + WORD_OCTETS)
    hex += (endianness() === 'LE' ? Buffer.from(word).reverse() : word).toString('hex')
  }
  return `${hex}:${port.toString(16).padStart(4, '0')}`.toUpperCase()
}
