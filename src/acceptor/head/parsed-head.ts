/**
 * ParsedHead: the first request head on a proxy connection, understood.
 *
 * `raw` and `fields` are views of the parser's own copy and stay valid; `rest` is a view of the last bytes given to
 * `execute`, to be handed on before those are reused. Main thread.
 */

import type { FieldSection } from '../../shared/http/field-section.ts'

/**
 * What the client asked of the proxy, by the form of its target (RFC 9112 §3.2): `connect`, a tunnel (authority-form);
 * `plain`, a request to forward (absolute-form); `local`, a request to the proxy itself (origin-form, or `*`).
 */
export type HeadKind = 'connect' | 'plain' | 'local'

export interface ParsedHead {
  readonly kind: HeadKind
  readonly method: string
  /** The request target as it was sent. */
  readonly target: string
  /** Canonical host, as in `shared/targets/authority.ts`; empty for `local`. */
  readonly host: string
  /** 0 for `local`. */
  readonly port: number
  /** Origin-form path and query, or `*`; empty for `connect`. */
  readonly path: string
  /** 10 or 11. A higher minor version is read as 1.1 (RFC 9110 §2.5). */
  readonly version: 10 | 11
  readonly fields: FieldSection
  /** The head as it arrived, from the method to the empty line, without an empty line that preceded it. */
  readonly raw: Uint8Array
  /** What followed the head in the same bytes: an early ClientHello, or the content of a plain request. */
  readonly rest: Uint8Array
}
