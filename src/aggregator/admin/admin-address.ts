/**
 * parseAdminAddress: the admin server's address: a listen address of the TCP forms. Pure. Aggregator thread.
 */

import type { AdminAddress } from '../../shared/aggregator-protocol.ts'
import { parseListenAddress } from '../../shared/options/listen-address.ts'
import { ConfigError } from '../../shared/options/problems/config-error.ts'

/** Where no host is given, `:9090` included: metrics are for this machine unless the operator says otherwise. */
const DEFAULT_HOST = '127.0.0.1'

/** Undefined where `text` is no such address. */
export function parseAdminAddress(text: string): AdminAddress | undefined {
  try {
    const address = parseListenAddress(text.trim())
    return address.kind === 'tcp' ? { host: address.host ?? DEFAULT_HOST, port: address.port } : undefined
  } catch (error) {
    if (error instanceof ConfigError) return undefined
    throw error
  }
}
