/**
 * McpPairs: the requests of one session that wait for their answer, of both sides; McpSessions: those of all sessions of a
 * worker. Both bounded: the oldest is forgotten. Worker thread.
 *
 * An answer may come in another exchange than its request: over HTTP+SSE always, over streamable HTTP where the server asks
 * the client, and after a resumption.
 */

import { MCP_SESSIONS, PENDING_REQUESTS } from '../../../shared/limits/layers/mcp.ts'
import { RecentMap } from '../../../shared/recent-map.ts'
import type { Side } from '../../../shared/side.ts'
import type { JsonRpcId } from '../json-rpc/json-rpc-message.ts'

export interface PendingRequest {
  /** Who asked. */
  readonly side: Side
  readonly id: JsonRpcId
  readonly method: string
  readonly name: string
  readonly askedAt: number
}

export class McpPairs {
  /** Requests forgotten because too many waited. */
  forgotten = 0
  readonly #pending = new RecentMap<string, PendingRequest>(PENDING_REQUESTS)

  get waiting(): number {
    return this.#pending.size
  }

  ask(request: PendingRequest): void {
    if (this.#pending.put(keyOf(request.side, request.id), request) !== undefined) this.forgotten++
  }

  /** The request by `asker` that has now been answered or cancelled, if it is known. */
  settle(asker: Side, id: JsonRpcId): PendingRequest | undefined {
    const key = keyOf(asker, id)
    const request = this.#pending.get(key)
    this.#pending.delete(key)
    return request
  }
}

function keyOf(side: Side, id: JsonRpcId): string {
  return `${side}${typeof id === 'number' ? 'n' : 's'}${String(id)}`
}

export class McpSessions {
  readonly #sessions = new RecentMap<string, McpPairs>(MCP_SESSIONS)

  /** The pairs under `key` (authority and session id, or authority and endpoint), or `undefined`. */
  find(key: string): McpPairs | undefined {
    return this.#sessions.get(key)
  }

  /** Remembers `pairs` under `key`; what is used stays, what was used longest ago goes. */
  keep(key: string, pairs: McpPairs): void {
    this.#sessions.put(key, pairs)
  }

  forget(key: string): void {
    this.#sessions.delete(key)
  }
}
