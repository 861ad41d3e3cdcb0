/**
 * The schema of what TLS may negotiate, and of certificates for origins that ask for one. No thread of its own.
 */

import * as z from 'zod'

export const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
const CONNECT_STRATEGIES = ['eager', 'lazy'] as const

const CIPHER_CHARS = 4_096
const ciphers = z
  .string()
  .min(1)
  .max(CIPHER_CHARS)
  .optional()
  .describe(
    'cipher suites in the spelling of OpenSSL, in order; absent: ours. Without one of TLS 1.3 (`TLS_…`) that version keeps OpenSSL’s; with no others it is the only version',
  )
const lowest = 'lowest version; below TLSv1.2 weak keys and signatures are taken as well (OpenSSL’s security level 0)'

export const connectStrategySchema = z
  .enum(CONNECT_STRATEGIES)
  .describe(
    'eager: the origin’s handshake before the client’s. lazy: the client’s first, in HTTP/1.1, and the origin is dialled at its first octet; protocols whose server speaks first need eager',
  )

/** What a rule may say of one side; the general options have defaults. */
export const upstreamTlsSchema = z.strictObject({
  min_version: z.enum(TLS_VERSIONS).optional().describe(lowest),
  max_version: z.enum(TLS_VERSIONS).optional().describe('highest version; absent: the highest there is'),
  ciphers,
})

export const tlsSchema = z
  .strictObject({
    client: z
      .strictObject({ min_version: z.enum(TLS_VERSIONS).default('TLSv1.2').describe(lowest), ciphers })
      .prefault({})
      .describe('towards clients'),
    upstream: upstreamTlsSchema
      .extend({ min_version: z.enum(TLS_VERSIONS).default('TLSv1.2').describe(lowest) })
      .prefault({})
      .describe('towards origins; rules have exceptions (`upstream_tls`)'),
  })
  .prefault({})
  .describe('versions and cipher suites of TLS')

/** One side's choice, as it is given to OpenSSL. */
export type TlsChoice = z.output<typeof upstreamTlsSchema>

export const clientCertificateSchema = z.strictObject({
  host: z
    .union([z.string(), z.array(z.string()).min(1)])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .describe('hosts that it is for, by the patterns of rules; the name in the handshake must be one of them, too'),
  cert: z.string().min(1).optional().describe('PEM file: the certificate and its chain'),
  key: z.string().min(1).optional().describe('PEM file: its private key'),
  pkcs12: z.string().min(1).optional().describe('PKCS#12 file, in the place of `cert` and `key`'),
  passphrase: z.string().optional().describe('of the key, or of the PKCS#12 file'),
})

export type ClientCertificateOptions = z.output<typeof clientCertificateSchema>
