/**
 * Keys and certificates of a benchmark: one root that everybody trusts and one leaf for `origin.test` and loopback, as files
 * in a temporary folder.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority } from '../../src/workers/tls/create-authority.ts'
import { LeafIssuer } from '../../src/workers/tls/leaf-issuer.ts'

export interface BenchPki {
  readonly folder: string
  readonly ca: string
  readonly certificate: string
  readonly key: string
  remove(): void
}

export function makeBenchPki(): BenchPki {
  const folder = mkdtempSync(join(tmpdir(), 'soth-mitm-bench-'))
  const authority = createAuthority(Date.now())
  const leaf = new LeafIssuer(authority, Date.now).issueLeaf({ host: 'origin.test', profile: 'ecdsa' })
  if (leaf === undefined) throw new Error('the bench certificate could not be issued')
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  return {
    folder,
    ca: file('ca.pem', authority.material.certificatePem),
    certificate: file('origin.pem', leaf.chainPem),
    key: file('origin-key.pem', leaf.keyPem),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
