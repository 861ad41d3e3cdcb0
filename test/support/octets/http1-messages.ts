/**
 * Messages and the layer that the tests of Http1Layer share: well-formed HTTP/1.1 as Latin-1 text.
 */

import { Http1Layer } from '../../../src/workers/layers/http1/http1-layer.ts'
import type { ScriptOptions, Step } from './conversation-script.ts'

/** A layer that forwards everything. */
export const PLAIN: ScriptOptions = { layer: (handler) => new Http1Layer({ handler }) }

export const get = (path: string, fields = ''): string => `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${fields}\r\n`
export const GET = get('/')
export const HEAD = 'HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n'
/** Two octets short of its Content-Length. */
export const HALF_POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab'
export const ok = (body: string, fields = ''): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`
export const OK = ok('hi')
/** The head alone. */
export const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

/** What a side sent in a conversation, and what the other received of it where nothing is altered. */
export function sentBy(side: 'c:' | 'o:', steps: readonly Step[]): string {
  return steps.map(([who, text]) => (who === side ? text : '')).join('')
}
