/**
 * Keys and certificates of a benchmark: one root that everybody trusts, and one origin certificate for `origin.test`, every name
 * below it, `localhost` and loopback, as files in a temporary folder. The root's key is there for peers that mint with it.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority } from '../../src/workers/tls/ca/create-authority.ts'
import { LeafKeys } from '../../src/workers/tls/leaf/leaf-keys.ts'
import {
  type AltName,
  authorityKeyIdentifier,
  basicConstraints,
  buildCertificate,
  DIGITAL_SIGNATURE,
  distinguishedName,
  keyUsage,
  serverAuthUsage,
  subjectAltNames,
} from '../../src/workers/tls/x509/certificate-builder.ts'
import { encodePem } from '../../src/workers/tls/x509/pem.ts'

const DAY_MS = 86_400_000
const NAMES: readonly AltName[] = [
  ...['origin.test', '*.origin.test', 'localhost'].map((name): AltName => ({ type: 'dns', name })),
  { type: 'ip', address: Uint8Array.of(127, 0, 0, 1) },
  { type: 'ip', address: new Uint8Array(16).fill(1, 15) },
]

export interface BenchPki {
  readonly folder: string
  readonly ca: string
  readonly caKey: string
  readonly certificate: string
  readonly key: string
  remove(): void
}

export function makeBenchPki(): BenchPki {
  const folder = mkdtempSync(join(tmpdir(), 'soth-mitm-bench-'))
  const authority = createAuthority(Date.now())
  const leafKey = new LeafKeys().key('ecdsa')
  const leaf = buildCertificate(
    {
      issuer: authority.subject,
      subject: distinguishedName('origin.test', undefined),
      publicKey: leafKey.publicKey,
      notBeforeMs: Date.now() - DAY_MS,
      notAfterMs: Date.now() + DAY_MS,
      extensions: [
        basicConstraints(false),
        serverAuthUsage(),
        authorityKeyIdentifier(authority.keyIdentifier),
        keyUsage(DIGITAL_SIGNATURE),
        subjectAltNames(NAMES, false),
      ],
    },
    authority.key,
    authority.algorithm,
  )
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  return {
    folder,
    ca: file('ca.pem', authority.material.certificatePem),
    caKey: file('ca-key.pem', authority.material.keyPem),
    certificate: file('origin.pem', encodePem('CERTIFICATE', leaf)),
    key: file('origin-key.pem', leafKey.keyPem),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
