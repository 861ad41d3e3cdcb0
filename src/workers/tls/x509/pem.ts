/**
 * PEM textual encoding (RFC 7468): blocks in and out. Text between blocks is kept as the next block's preamble, since the CA
 * file writes facts there (RFC 7468 §5.2 lets parsers ignore it).
 *
 * Pure. Any thread.
 */

export interface PemBlock {
  readonly label: string
  readonly der: Buffer
  /** The block as OpenSSL reads it, boundaries included: however its lines were indented or ended. */
  readonly pem: string
  /** What stood between the previous block (or the start) and this one. */
  readonly preamble: string
}

/** Encodes with lines of 64 characters, as RFC 7468 §2 demands of generators. */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64')
  let text = `-----BEGIN ${label}-----\n`
  for (let at = 0; at < base64.length; at += 64) text += `${base64.slice(at, at + 64)}\n`
  return `${text}-----END ${label}-----\n`
}

/**
 * The well-formed blocks of `text`, in order. A block that is not closed by its own label is passed over. Whatever ends the lines, and
 * white space around them, is no part of a block (RFC 7468 §2): OpenSSL itself refuses lines that are indented or end in CR alone.
 */
export function decodePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  let preambleStart = 0
  for (let at = text.indexOf('-----BEGIN '); at >= 0; at = text.indexOf('-----BEGIN ', at + 1)) {
    const labelEnd = text.indexOf('-----', at + 11)
    if (labelEnd < 0) break
    const label = text.slice(at + 11, labelEnd)
    const boundary = `-----END ${label}-----`
    const end = text.indexOf('-----', labelEnd + 5)
    if (end < 0) break
    if (!text.startsWith(boundary, end)) continue
    const body = text.slice(labelEnd + 5, end)
    const der = Buffer.from(body, 'base64')
    const pem = body.includes(':') ? withPlainLines(text.slice(at, end + boundary.length)) : encodePem(label, der)
    blocks.push({ label, der, pem, preamble: text.slice(preambleStart, at) })
    preambleStart = end + boundary.length
    at = preambleStart - 1
  }
  return blocks
}

/** A block with header fields (RFC 1421 §4.6, as of OpenSSL's encrypted PKCS#1 keys), which an empty line ends. */
function withPlainLines(block: string): string {
  const lines = block.split(/\r\n?|\n/).map((line) => line.trim())
  return `${lines.join('\n')}\n`
}
