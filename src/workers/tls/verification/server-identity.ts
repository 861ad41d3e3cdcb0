/**
 * Whether an origin's certificate is for the name that was asked for (RFC 9525): by its subject alternative names only, the
 * common name never counts. Worker thread.
 *
 * Node checks this inside `tls.connect`, on an object with every field of the chain that it builds for the purpose: 0.37 ms
 * per full handshake on Node 26, 0.69 on 20. `checkIdentityNatively` has it done by OpenSSL on the certificate itself, in
 * under 0.1 ms.
 */

import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'

/** As Node words and codes it, so that whoever classifies errors need not know who checked. */
class IdentityError extends Error {
  readonly code = 'ERR_TLS_CERT_ALTNAME_INVALID'
}

/** RFC 9525 §6.3: a wildcard is a whole label; `w*.example` is none. */
const NAMES_ONLY = { subject: 'never', partialWildcards: false } as const

/** The `checkServerIdentity` of `tls.connect`, for a socket that `checkIdentityNatively` has been called on. */
export function checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  const x509 = certificate as unknown as X509Certificate
  const name = host.endsWith('.') ? host.slice(0, -1) : host
  const matched = isIP(name) === 0 ? x509.checkHost(name, NAMES_ONLY) : x509.checkIP(name)
  if (matched !== undefined) return undefined
  return new IdentityError(`Hostname/IP does not match certificate's altnames: ${host} is not in ${x509.subjectAltName ?? 'an empty list'}`)
}

/**
 * Makes `secure` hand its certificate to `checkServerIdentity` as it is, instead of the object with all its fields.
 *
 * Node 20 takes the certificate out of the chain that the socket has at each asking: the second gets the next one, or none. So
 * it is asked once, and kept for who asks again: the staple's check, the leaf that mirrors it. `known`: what a resumed handshake
 * gives in the place of the certificate that it does not show.
 */
export function checkIdentityNatively(secure: TLSSocket, known?: X509Certificate): void {
  const askOnce = secure.getPeerX509Certificate.bind(secure)
  let kept: X509Certificate | undefined
  secure.getPeerX509Certificate = () => {
    kept ??= askOnce() ?? (secure.isSessionReused() ? known : undefined)
    return kept
  }
  secure.getPeerCertificate = (() => secure.getPeerX509Certificate()) as unknown as TLSSocket['getPeerCertificate']
}
