/**
 * The server_name extension (RFC 6066 §3): which form it has, and the name in the one form that the engine compares and
 * mints by. Worker thread.
 *
 * Lower case, no final dot. Underscores are taken: they are in use, although no host name (RFC 1123 §2.1) has them. Bytes
 * above 0x7f are invalid: the RFC wants A-labels.
 */

import { isIP } from 'node:net'
import { HOST_LABEL_BYTES, HOST_NAME_BYTES } from '../../../shared/limits/tls.ts'
import type { SniForm } from './client-hello.ts'

const LABELS = new RegExp(`^(?:[a-z0-9_-]{1,${HOST_LABEL_BYTES}}\\.)*[a-z0-9_-]{1,${HOST_LABEL_BYTES}}$`)
/** Every address ends in a digit, or has a colon in it; hardly a name does. */
const MAY_BE_IP = /\d$|:/

export interface ServerName {
  readonly form: SniForm
  readonly name: string | undefined
}

export const NO_SERVER_NAME: ServerName = { form: 'absent', name: undefined }
const INVALID: ServerName = { form: 'invalid', name: undefined }
const IP: ServerName = { form: 'ip', name: undefined }

/** Judges the octets of a host_name, decoded as Latin-1. */
export function serverName(text: string): ServerName {
  if (text.length > HOST_NAME_BYTES + 1) return INVALID
  // RFC 6066 §3 wants the name "without a trailing dot"; clients that send one mean the same host.
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase()
  if (MAY_BE_IP.test(name) && isIP(name) !== 0) return IP
  return name.length <= HOST_NAME_BYTES && LABELS.test(name) ? { form: 'name', name } : INVALID
}
