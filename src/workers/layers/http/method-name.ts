/**
 * methodName: the method of a request as a string, without making one for the methods of RFC 9110 §9.3 and RFC 5789 (PATCH):
 * nearly every request has one of them, and a string made from octets is a call into the runtime. Pure; worker thread.
 */

import { latin1 } from '../../../shared/http/field-section.ts'

const REGISTERED: readonly string[] = ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']

export function methodName(bytes: Uint8Array, start: number, end: number): string {
  for (let n = 0; n < REGISTERED.length; n++) {
    const name = REGISTERED[n] as string
    if (end - start === name.length && isAt(bytes, start, name)) return name
  }
  return latin1(bytes, start, end)
}

/** Methods are case-sensitive (RFC 9110 §9.1). */
function isAt(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return false
  return true
}
