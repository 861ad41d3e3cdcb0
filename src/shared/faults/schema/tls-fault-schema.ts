/**
 * The schema of faults of a TLS handshake, tunnelled (at the records that are seen passing) or intercepted (in our own handshakes),
 * and of a tunnel's application data. No thread of its own.
 *
 *     client_hello          the ClientHello has been read, and nothing of it answered
 *     certificate           ServerHello to Certificate have been sent (TLS 1.3: the flight that holds it)
 *     before_finished       everything but the client's last flight
 *     application_data      the first octets of the client behind the handshake
 */

import * as z from 'zod'
import { triggerKeys } from '../fault-trigger.ts'

export const TLS_STAGES = ['client_hello', 'certificate', 'before_finished', 'application_data'] as const
export type TlsStage = (typeof TLS_STAGES)[number]

/** RFC 8446 §6.2: handshake_failure. */
const HANDSHAKE_FAILURE = 40

export const TLS_FAULTS = [
  z.strictObject({
    kind: z.literal('tls_abort').describe('the handshake, or the tunnel behind it, ends at a stage'),
    at: z.enum(TLS_STAGES).default('client_hello').describe('the stage'),
    how: z
      .enum(['stall', 'fin', 'reset', 'alert'])
      .default('fin')
      .describe('stall: silence. fin, reset: a close. alert: a fatal one, and a close'),
    alert: z.int().min(0).max(255).default(HANDSHAKE_FAILURE).describe('alert: its number (RFC 8446 §6)'),
    side: z.enum(['client', 'upstream']).default('client').describe('intercepted: which of our two handshakes'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('tls_certificate').describe('intercepted: the client is shown a certificate that it must not take'),
    defect: z.enum(['expired', 'not_yet_valid', 'wrong_name', 'self_signed', 'unknown_ca']).describe('what is wrong with it'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('tls_refuse').describe('intercepted: the client is told that nothing fits'),
    what: z
      .enum(['version', 'alpn'])
      .default('version')
      .describe('version: alert 70, protocol_version. alpn: alert 120, no_application_protocol'),
    ...triggerKeys,
  }),
] as const
