/**
 * Heads of plain proxying, rewritten: what a proxy must change in a message that it forwards in the clear.
 *
 * A request loses its absolute-form target (RFC 9112 §3.2.2) and both directions the fields that belong to one connection only
 * (RFC 9110 §7.6.1). Everything else keeps its octets: order, case and spacing. Intercepted traffic never comes here. Pure;
 * worker thread.
 *
 *     GET http://a.example/x HTTP/1.1 ─┐       ┌─▶ GET /x HTTP/1.1
 *     host:   b.example                │       │   host: a.example              Host follows the target
 *     Proxy-Connection: keep-alive     ├───────┤                                removed: one hop only
 *     Connection: close, x-mine        │       │                                removed, with what it names
 *     X-Mine: 1                        │       │
 *     aCCept :*                       ─┘       └─▶ aCCept:*
 *
 * The version stays as it was sent: the two ends see each other's framing octet for octet, so each must know what the other
 * can read (RFC 9110 §2.5 has a proxy send its own version because it reframes; this one does not).
 */

import type { FieldSection } from '../../../../shared/http/field-section.ts'
import type { AbsoluteTarget } from '../../../../shared/targets/absolute-form.ts'
import type { MessageHead } from '../../http/message-head.ts'
import { offersUpgrade } from '../../http/upgrade-offer.ts'

export interface PlainHeadOptions {
  /** Add Via (RFC 9110 §7.6.3). */
  readonly via: boolean
  /** Add `Connection: close`: this connection ends after the message (RFC 9112 §9.6). */
  readonly close: boolean
}

const VIA_PSEUDONYM = 'soth-mitm'
const SWITCHING_PROTOCOLS = 101
const CRLF = Buffer.from('\r\n', 'latin1')
const CLOSE_LINE = Buffer.from('Connection: close\r\n', 'latin1')
const UPGRADE_LINE = Buffer.from('Connection: Upgrade\r\n', 'latin1')

/**
 * Removed whether or not Connection names them (RFC 9110 §7.6.1, §11.7). Proxy-Authorization was for us; a Proxy-Authenticate
 * of the origin would make the client send us credentials for a realm that is not ours.
 */
const HOP_BY_HOP = ['connection', 'proxy-connection', 'keep-alive', 'te', 'proxy-authorization', 'proxy-authenticate'] as const

/**
 * Kept even if Connection names them. A sender must not name fields that are meant for all recipients (RFC 9110 §7.6.1), and
 * without these the next reader would see another message: where it goes, and where it ends.
 */
const NEVER_REMOVED = new Set(['host', 'content-length', 'transfer-encoding', 'trailer'])

/** The request head to send to the origin of `target`. */
export function plainRequestHead(head: MessageHead, target: AbsoluteTarget, options: PlainHeadOptions): Uint8Array {
  const { fields } = head
  const host = fields.find('host')
  const pieces: Uint8Array[] = [Buffer.from(`${head.method} ${target.path} HTTP/${version(head)}\r\n`, 'latin1')]
  // RFC 9110 §7.2: Host first where the client sent none (HTTP/1.0).
  if (host === -1) pieces.push(Buffer.from(`Host: ${target.authority}\r\n`, 'latin1'))
  keepFields(head, keepsUpgrade(fields), options, pieces, host, target.authority)
  return Buffer.concat(pieces)
}

/** The response head to send to the client. */
export function plainResponseHead(head: MessageHead, options: PlainHeadOptions): Uint8Array {
  const { fields } = head
  // The status line as it came, with the origin's own reason phrase. The parser marks where it begins by an empty method.
  const pieces: Uint8Array[] = [fields.bytes.subarray(head.methodStart, fields.start)]
  keepFields(head, head.status === SWITCHING_PROTOCOLS && keepsUpgrade(fields), options, pieces, -1, '')
  return Buffer.concat(pieces)
}

/** Appends the field lines that go on, what is added to them, and the empty line. `host` is the line to replace, or −1. */
function keepFields(
  head: MessageHead,
  upgrade: boolean,
  options: PlainHeadOptions,
  pieces: Uint8Array[],
  host: number,
  authority: string,
): void {
  const { fields } = head
  const nominated = nominatedFields(fields)
  // Lines that stay and follow one another go on as one range.
  let from = fields.start
  for (let line = 0; line < fields.count; line++) {
    const isHost = host !== -1 && fields.isNamed(line, 'host')
    if (!isHost && !isRemoved(fields, line, nominated, upgrade)) continue
    const start = fields.nameStart(line)
    if (start > from) pieces.push(fields.bytes.subarray(from, start))
    if (line === host) {
      // Only the value is ours: the name keeps its case, and the line its spacing.
      pieces.push(fields.bytes.subarray(start, hostValueStart(fields, line)), Buffer.from(authority, 'latin1'), CRLF)
    }
    from = lineEnd(fields, line)
  }
  if (fields.end > from) pieces.push(fields.bytes.subarray(from, fields.end))
  if (options.via) pieces.push(Buffer.from(`Via: ${version(head)} ${VIA_PSEUDONYM}\r\n`, 'latin1'))
  if (upgrade) pieces.push(UPGRADE_LINE)
  else if (options.close) pieces.push(CLOSE_LINE)
  pieces.push(CRLF)
}

function isRemoved(fields: FieldSection, line: number, nominated: ReadonlySet<string>, upgrade: boolean): boolean {
  // Upgrade is hop-by-hop too; it goes on only where the next hop is asked to switch with us as a mere relay between.
  if (fields.isNamed(line, 'upgrade')) return !upgrade
  for (const name of HOP_BY_HOP) if (fields.isNamed(line, name)) return true
  return nominated.size > 0 && nominated.has(fields.name(line).toLowerCase())
}

/** The field names that all Connection lines name, in lower case, without those that are never removed. */
function nominatedFields(fields: FieldSection): Set<string> {
  const names = new Set<string>()
  for (let line = fields.find('connection'); line !== -1; line = fields.find('connection', line + 1)) {
    for (const option of fields.value(line).split(',')) names.add(option.trim().toLowerCase())
  }
  for (const name of NEVER_REMOVED) names.delete(name)
  return names
}

/**
 * Whether Connection names Upgrade and there is one (RFC 9110 §7.8). Not for h2c: RFC 9113 has withdrawn that upgrade, and
 * without the HTTP2-Settings that Connection names with it, it means nothing.
 */
function keepsUpgrade(fields: FieldSection): boolean {
  return nominatedFields(fields).has('upgrade') && fields.find('upgrade') !== -1 && !offersUpgrade(fields, 'h2c')
}

/** Where the value of a Host line begins; after the colon if it is empty. */
function hostValueStart(fields: FieldSection, line: number): number {
  return Math.max(fields.valueStart(line), fields.nameEnd(line) + 1)
}

function lineEnd(fields: FieldSection, line: number): number {
  return line + 1 < fields.count ? fields.nameStart(line + 1) : fields.end
}

function version(head: MessageHead): '1.0' | '1.1' {
  return head.version === 10 ? '1.0' : '1.1'
}
