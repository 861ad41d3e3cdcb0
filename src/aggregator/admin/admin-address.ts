/**
 * parseAdminAddress: `host:port`, `[v6]:port`, `:port` or `port` as the admin server's address. Pure. Aggregator thread.
 */

import type { AdminAddress } from '../../shared/aggregator-protocol.ts'

const ADDRESS = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):)?([0-9]{1,5})$/
const MAX_PORT = 65_535
/** Where no host is given: metrics are for this machine unless the operator says otherwise. */
const DEFAULT_HOST = '127.0.0.1'

/** Undefined where `text` is no address. */
export function parseAdminAddress(text: string): AdminAddress | undefined {
  const match = ADDRESS.exec(text.trim())
  if (match === null || Number(match[3]) > MAX_PORT) return undefined
  return { host: match[1] ?? (match[2] || DEFAULT_HOST), port: Number(match[3]) }
}

/** The address as a URL's authority: an IPv6 address in brackets. */
export function formatAdminAddress(address: AdminAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
