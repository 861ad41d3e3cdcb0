/**
 * Finds out who answers on a proxy's address: an engine with our CA, or anybody else. Asks for the proxy page's `/ca.pem`, which needs
 * no authentication. Main thread.
 */

import { X509Certificate } from 'node:crypto'
import { request } from 'node:http'
import { PROXY_PAGE_HOST } from '../../shared/proxy-page/proxy-page.ts'

/** Loopback answers in milliseconds, on a busy machine in a second or two; whatever takes longer is not an engine that one would want to use. */
const ANSWER_DEADLINE_MS = 5_000
/** A CA and its predecessors; an answer beyond it is another program's. */
const ANSWER_LIMIT_BYTES = 65_536

export type Occupant =
  /** An engine whose CA has this fingerprint (SHA-256, `AB:CD:…`). */
  { readonly kind: 'engine'; readonly fingerprint: string } | { readonly kind: 'other' } | { readonly kind: 'nobody' }

export async function askOccupant(host: string, port: number): Promise<Occupant> {
  try {
    const text = await fetchCaPem(host, port)
    const fingerprint = fingerprintOf(text)
    return fingerprint === undefined ? { kind: 'other' } : { kind: 'engine', fingerprint }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { kind: code === 'ECONNREFUSED' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' ? 'nobody' : 'other' }
  }
}

/** An absolute-form request (RFC 9112 §3.2.2), as clients send it to a proxy. */
function fetchCaPem(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host, port, path: `http://${PROXY_PAGE_HOST}/ca.pem`, headers: { host: PROXY_PAGE_HOST }, agent: false },
      (response) => {
        let text = ''
        response.setEncoding('latin1').on('data', (part: string) => {
          text += part
          if (text.length > ANSWER_LIMIT_BYTES) asked.destroy(new Error('the answer is too long'))
        })
        response.once('end', () => resolve(text)).once('error', reject)
      },
    )
    const deadline = setTimeout(() => asked.destroy(new Error('no answer in time')), ANSWER_DEADLINE_MS)
    asked.once('close', () => clearTimeout(deadline))
    asked.once('error', reject).end()
  })
}

function fingerprintOf(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).fingerprint256
  } catch {
    return undefined
  }
}
