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
import { makeWebChain } from './web-chain.ts'

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

/** The same with a chain as the web has it in the place of a leaf of P-256 below its root. */
export function makeWebPki(): BenchPki {
  const { rootPem, rootKeyPem, chainPem, keyPem } = makeWebChain(NAMES)
  return write({ ca: rootPem, caKey: rootKeyPem, certificate: chainPem, key: keyPem })
}

export function makeBenchPki(): BenchPki {
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
  const { certificatePem, keyPem } = authority.material
  return write({ ca: certificatePem, caKey: keyPem, certificate: encodePem('CERTIFICATE', leaf), key: leafKey.keyPem })
}

function write(pems: Readonly<Record<'ca' | 'caKey' | 'certificate' | 'key', string>>): BenchPki {
  const folder = mkdtempSync(join(tmpdir(), 'soth-mitm-bench-'))
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  return {
    folder,
    ca: file('ca.pem', pems.ca),
    caKey: file('ca-key.pem', pems.caKey),
    certificate: file('origin.pem', pems.certificate),
    key: file('origin-key.pem', pems.key),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
