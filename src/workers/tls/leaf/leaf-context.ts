/**
 * Secure contexts towards clients: what all of them have in common, whatever their certificate is. Worker thread.
 */

import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { TlsChoice } from '../../../shared/options/tls-schema.ts'
import { contextParameters } from '../tls-parameters.ts'

export interface LeafContextOptions
  extends Pick<SecureContextOptions, 'cert' | 'key' | 'ticketKeys' | 'sessionTimeout' | 'sessionIdContext'> {
  /** Versions and suites. */
  readonly choice: TlsChoice
  /** Key agreement groups in the place of the library's. */
  readonly groups: string | undefined
}

export function createLeafContext({ choice, groups, ...own }: LeafContextOptions): SecureContext {
  return createSecureContext({
    ...own,
    // Given though empty: else Node attaches its 140 roots, parsed at the first use, and OpenSSL searches them in every handshake
    // for the leaf's issuer, to send it along.
    ca: [],
    ...contextParameters(choice),
    honorCipherOrder: true,
    // A client that asks for another handshake on its connection is told no_renegotiation (RFC 5246 §7.2.2), and the connection goes
    // on: a handshake costs us many times what asking for it costs.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(groups === undefined ? {} : { ecdhCurve: groups }),
  })
}
