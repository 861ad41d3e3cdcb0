/**
 * Ticket: what the acceptor tells a shard about a connection that it hands over. Plain data, cloned between threads.
 */

import type { RefusalFormat } from './http/accept-negotiation.ts'
import type { Decision } from './policy/decision.ts'
import type { ClientOwner } from './policy/policy-facts.ts'
import type { ShardReload } from './shard-start.ts'

export interface Ticket {
  /** The duplicated descriptor; the shard owns it from the moment the ticket is posted. −1 when the socket itself is handed over (inline shard). */
  readonly descriptor: number
  /** Engine-wide flow number, and the next flow_seq. */
  readonly flow: number
  readonly flowSeq: number
  /** `connect`: the 200 is still to be sent. `plain`: absolute-form requests, of which the first head is still in `unread`. */
  readonly kind: 'connect' | 'plain'
  readonly host: string
  readonly port: number
  /** As in events: `ip:port`, `[v6]:port` or `unix`. */
  readonly clientAddress: string
  /** As policy sees it; empty on a Unix socket. */
  readonly clientIp: string
  /** Who the client is, where a rule asks for it and the machine knows. */
  readonly owner?: ClientOwner | undefined
  readonly decision: Decision
  /** What the client's Accept field asks refusals to be in. */
  readonly refusalFormat: RefusalFormat
  /** Bytes that the acceptor has read and not consumed, in order; undefined where there are none, since the session keeps its ticket. */
  readonly unread: Uint8Array | undefined
}

/** What the acceptor sends to a shard over its port. */
export type ShardMessage =
  | { readonly kind: 'ticket'; readonly ticket: Ticket }
  /** New options, and perhaps another CA, for flows that begin from now on. */
  | ({ readonly kind: 'reload' } & ShardReload)
  /** End idle flows now, the others when they are done or at the deadline (ms from now). */
  | { readonly kind: 'drain'; readonly deadlineMs: number }
