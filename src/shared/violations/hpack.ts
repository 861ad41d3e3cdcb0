/**
 * Violations of HPACK (RFC 7541). Each is a connection error of type COMPRESSION_ERROR (RFC 9113 §4.3): the two ends no longer
 * have the same table, so nothing that follows can be read. No thread of its own.
 */

import { COMPRESSION_ERROR, type Http2Violation } from './http2.ts'
import { violationTable } from './violation.ts'

const sender = (rule: string, message: string) =>
  ({ atFault: 'sender', rule, message, status: 0, errorCode: COMPRESSION_ERROR, reach: 'connection' }) as const

const ROWS = {
  hpack_truncated: sender('RFC 7541 §5', 'The header block ends inside a field representation.'),
  hpack_integer_overflow: sender('RFC 7541 §5.1', 'An integer is larger than any length or index can be, or has too many octets.'),
  hpack_index_zero: sender('RFC 7541 §6.1', 'The index of an indexed field is 0.'),
  hpack_index_out_of_range: sender('RFC 7541 §2.3.3', 'An index is beyond the end of the dynamic table.'),
  hpack_huffman_eos: sender('RFC 7541 §5.2', 'A Huffman-coded string contains the EOS symbol.'),
  hpack_huffman_padding: sender('RFC 7541 §5.2', 'The padding of a Huffman-coded string is longer than 7 bits, or not all ones.'),
  hpack_size_update_misplaced: sender('RFC 7541 §4.2', 'A dynamic table size update is not at the start of the block, or is the third.'),
  hpack_size_update_too_large: sender('RFC 7541 §6.3', 'A dynamic table size update exceeds what the receiver allows.'),
  hpack_size_update_missing: sender('RFC 9113 §4.3.1', 'The receiver has lowered its table size, and the block does not follow suit.'),
}

export const HPACK_VIOLATIONS = violationTable(ROWS) as Readonly<Record<keyof typeof ROWS, Http2Violation>>
