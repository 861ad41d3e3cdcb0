/**
 * The ready banner: where the engine listens, and a curl line that works when it is pasted. Text only. Main thread.
 */

import { parseListenAddress } from '../../shared/options/listen-address.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import { formatAuthority } from '../../shared/targets/authority.ts'
import type { ServedAddresses } from '../engine/served-engine.ts'
import { shellWord } from '../text/shell-word.ts'

export function readyBanner(addresses: ServedAddresses, options: EngineOptions): string {
  const lines = [
    `soth-mitm is ready: proxy on ${addresses.listen.join(', ')}`,
    `  metrics  ${addresses.admin === undefined ? 'off' : `http://${reachable(addresses.admin)}/metrics`}`,
    `  CA       ${addresses.ca.certPath}  (SHA-256 ${addresses.ca.fingerprint})`,
  ]
  const curl = curlLine(addresses, options)
  if (curl !== undefined) lines.push(`  try      ${curl}`)
  return `${lines.join('\n')}\n`
}

/** Undefined where only Unix sockets are listened on: curl cannot use one as a proxy. */
function curlLine(addresses: ServedAddresses, options: EngineOptions): string | undefined {
  const address = addresses.listen.find((text) => !text.startsWith('unix:'))
  if (address === undefined) return undefined
  // Never the password: curl asks for it.
  const user = options.proxy_auth?.users[0]?.name
  const auth = user === undefined ? '' : ` -U ${shellWord(user)}`
  return `curl -x ${shellWord(`http://${reachable(address)}`)}${auth} --cacert ${shellWord(addresses.ca.certPath)} https://example.com/`
}

/** An address to connect to: a listener on every interface is reached on loopback. */
export function reachable(text: string): string {
  const address = parseListenAddress(text)
  if (address.kind === 'unix') return text
  const { host = '127.0.0.1', port } = address
  return formatAuthority(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port)
}
