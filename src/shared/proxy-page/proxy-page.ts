/**
 * The page that the proxy serves about itself at http://soth.mitm/, to clients that go through it: how to trust its CA.
 *
 * What it serves is public (a certificate, never the key) and changes nothing, so it needs no authentication and no form.
 * Pure: request in, complete response out. A plain connection may turn to it at any request, so acceptor and workers use it.
 *
 *     /          instructions (HTML)
 *     /ca.pem    the CA certificate, PEM            for command lines and configuration files
 *     /ca.crt    the CA certificate, DER            for phones, browsers and keychains: opens their own import dialogue
 */

import { createHash } from 'node:crypto'
import type { RefusalFormat } from '../http/accept-negotiation.ts'
import { refusalResponse } from '../refusals/refusal-response.ts'
import { refusals } from '../refusals/registry.ts'
import { proxyPageHtml } from './proxy-page-html.ts'

/** The host under which the proxy answers itself; no such top-level domain exists, so nothing is hidden by it. */
export const PROXY_PAGE_HOST = 'soth.mitm'
export const PROXY_PAGE_PORT = 80

export interface CaMaterial {
  readonly pem: string
  readonly der: Uint8Array
}

export interface ProxyPageRequest {
  readonly method: string
  /** Origin-form: path and query. */
  readonly path: string
  readonly format?: RefusalFormat | undefined
}

const OCTET_PAIRS = /../g

export class ProxyPage {
  readonly #pem: Uint8Array
  readonly #der: Uint8Array
  readonly #html: Uint8Array
  /** SHA-256 of the certificate, as other tools print it: `AB:CD:…`. */
  readonly fingerprint: string

  /** `proxyAddress`: `host:port` that clients are told to use. */
  constructor(ca: CaMaterial, proxyAddress: string) {
    this.fingerprint = sha256Fingerprint(ca.der)
    this.#pem = Buffer.from(ca.pem, 'latin1')
    this.#der = ca.der
    this.#html = Buffer.from(proxyPageHtml(this.fingerprint, proxyAddress), 'utf8')
  }

  /** The complete response; the connection ends after it. */
  respond(request: ProxyPageRequest, nowMs: number): Uint8Array {
    const { method, format } = request
    if (method !== 'GET' && method !== 'HEAD') return refusalResponse(refusals.page_method_not_allowed, { nowMs, method, format })
    const end = request.path.indexOf('?')
    switch (end === -1 ? request.path : request.path.slice(0, end)) {
      case '/':
        return this.#ok(method, nowMs, 'text/html; charset=utf-8', undefined, this.#html)
      case '/ca.pem':
        return this.#ok(method, nowMs, 'application/x-pem-file', 'soth-mitm-ca.pem', this.#pem)
      case '/ca.crt':
        return this.#ok(method, nowMs, 'application/x-x509-ca-cert', 'soth-mitm-ca.crt', this.#der)
      default:
        return refusalResponse(refusals.page_not_found, { nowMs, method, format })
    }
  }

  #ok(method: string, nowMs: number, type: string, fileName: string | undefined, content: Uint8Array): Uint8Array {
    const lines = [
      'HTTP/1.1 200 OK',
      `Date: ${new Date(nowMs).toUTCString()}`,
      'Connection: close',
      `Content-Type: ${type}`,
      `Content-Length: ${content.length}`,
      // The CA is per installation: a cached page or certificate of another one would mislead.
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
    ]
    if (fileName !== undefined) lines.push(`Content-Disposition: attachment; filename="${fileName}"`)
    const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
    // RFC 9110 §9.3.2: HEAD has the fields of GET and no content.
    return method === 'HEAD' ? head : Buffer.concat([head, content])
  }
}

function sha256Fingerprint(der: Uint8Array): string {
  const hex = createHash('sha256').update(der).digest('hex').toUpperCase()
  return (hex.match(OCTET_PAIRS) ?? []).join(':')
}
