/**
 * The environment by which a program uses the proxy and trusts its CA. Data and text; no thread of its own.
 *
 * Three kinds of trust variables: such as add to a program's roots get the CA, such as replace them get the bundle of the system's
 * roots and the CA, and Java's get a trust store; wget gets a settings file. What the operator has set for the machine is in the bundle already
 * (`trust-files.ts`).
 */

import { formatAuthority } from '../../shared/targets/authority.ts'
import type { Environment } from '../trust/machine.ts'
import { TRUST_STORE_PASSWORD, type TrustFiles } from '../trust/trust-files.ts'
import { TRUST_VARIABLES } from '../trust/trust-variables.ts'

/** Both cases: curl reads `http_proxy` in lower case only, others in upper case only. */
export const PROXY_VARIABLES: readonly string[] = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()])

/** Where the proxy is, and who asks. */
export interface ProxyPlace {
  readonly host: string
  readonly port: number
  readonly credentials?: { readonly name: string; readonly password: string } | undefined
}

/** What is laid over `env`. `NO_PROXY` stays as it was, in either case: whoever set it for this machine meant it. */
export function proxyVariables(place: ProxyPlace, files: TrustFiles, env: Environment): Record<string, string> {
  const url = proxyUrl(place)
  const noProxy = env['NO_PROXY'] ?? env['no_proxy'] ?? ''
  const variables: Record<string, string> = {}
  for (const name of PROXY_VARIABLES) variables[name] = url
  variables['NO_PROXY'] = noProxy
  variables['no_proxy'] = env['no_proxy'] ?? noProxy
  variables['NODE_USE_ENV_PROXY'] = '1'
  return { ...variables, ...trustVariables(files, env), WGETRC: files.wgetrc, JAVA_TOOL_OPTIONS: javaOptions(place, files, noProxy, env) }
}

/** All but wget's and Java's, which hold more than trust. */
function trustVariables(files: TrustFiles, env: Environment): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const { name, effect } of TRUST_VARIABLES) {
    const before = env[name]
    // One that names certificates already: they are in the bundle, and not in the CA's file.
    const keepsMore = before !== undefined && before !== '' && before !== files.ca
    variables[name] = effect === 'adds' && !keepsMore ? files.ca : files.bundle
  }
  return variables
}

/** `http://user:password@host:port`, RFC 3986 §3.2. */
export function proxyUrl({ host, port, credentials }: ProxyPlace): string {
  const user = credentials === undefined ? '' : `${encodeURIComponent(credentials.name)}:${encodeURIComponent(credentials.password)}@`
  return `http://${user}${formatAuthority(host, port)}`
}

/**
 * Java takes a proxy from properties only, and leaves `localhost` out unless told otherwise; its list of exceptions is written with
 * `|` and `*`, and has no subdomains without, as curl's, Python's and Go's have. What was in the variable before comes first: of two
 * equal properties the last counts.
 */
function javaOptions(place: ProxyPlace, files: TrustFiles, noProxy: string, env: Environment): string {
  const exceptions = noProxy
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '')
    .map((host) => (host.startsWith('.') ? `*${host}` : host.startsWith('*') ? host : `${host}|*.${host}`))
    .join('|')
  const properties = {
    'http.proxyHost': place.host,
    'http.proxyPort': String(place.port),
    'https.proxyHost': place.host,
    'https.proxyPort': String(place.port),
    'http.nonProxyHosts': exceptions,
    'javax.net.ssl.trustStore': files.trustStore,
    'javax.net.ssl.trustStorePassword': TRUST_STORE_PASSWORD,
    'javax.net.ssl.trustStoreType': 'PKCS12',
  }
  const options = Object.entries(properties).map(([name, value]) => javaWord(`-D${name}=${value}`))
  return [env['JAVA_TOOL_OPTIONS'] ?? '', ...options].filter((option) => option !== '').join(' ')
}

/** The JVM splits at white space and knows quotes, yet no escapes. */
function javaWord(option: string): string {
  return /\s/.test(option) ? `"${option}"` : option
}
