/**
 * Peers that install.sh builds from published packages: hudsucker (Rust), goproxy and martian (Go), mockttp and http-mitm-proxy (npm).
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../support/program.ts'
import type { Peer, PeerStart } from './peer.ts'
import { BUILD_FOLDER, built, PEERS_FOLDER, startProgram } from './program-peer.ts'

function native(name: string, description: string, file: string, versionIn: string, version: RegExp, env: Record<string, string>): Peer {
  return {
    name,
    description,
    version: () => (built(file) === undefined ? undefined : version.exec(readFileSync(join(PEERS_FOLDER, versionIn), 'utf8'))?.[1]),
    start: ({ pki }) => startProgram({ command: `${BUILD_FOLDER}/${file}`, args: [pki.ca, pki.caKey, pki.ca], env }, pki.ca),
  }
}

export const hudsucker = native(
  'hudsucker',
  'minimal program on the crate, release build with LTO, rustls with aws-lc-rs, pooled origin connections',
  'soth-peer-hudsucker',
  'hudsucker/Cargo.lock',
  /name = "hudsucker"\nversion = "([^"]+)"/,
  {},
)

export const goproxy = native(
  'goproxy',
  'minimal program, certificate cache, 4096 idle connections per host',
  'goproxy',
  'goproxy/go.mod',
  /elazarl\/goproxy v(\S+)/,
  {},
)

export const martian = native(
  'martian',
  'minimal program, 4096 idle connections per host',
  'martian',
  'martian/go.mod',
  /google\/martian\/v3 v(\S+)/,
  {},
)

function npm(name: string, description: string, start: (asked: PeerStart) => { args: string[]; trust: string }): Peer {
  const manifest = `${BUILD_FOLDER}/npm/node_modules/${name}/package.json`
  return {
    name,
    description,
    version: () => {
      if (built(`npm/node_modules/${name}/package.json`) === undefined) return undefined
      return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
    },
    start: async (asked) => {
      const { args, trust } = start(asked)
      const port = await freePort()
      const script = `${BUILD_FOLDER}/npm/${name}.mjs`
      return startProgram(
        { command: process.execPath, args: [script, String(port), ...args], port, env: { NODE_EXTRA_CA_CERTS: asked.pki.ca } },
        trust,
      )
    },
  }
}

export const mockttp = npm('mockttp', 'one rule that passes everything through', ({ pki }) => ({
  args: [pki.ca, pki.caKey],
  trust: pki.ca,
}))

export const httpMitmProxy = npm('http-mitm-proxy', 'keepAlive on both sides, its own CA', ({ folder }) => ({
  args: [join(folder, 'ca')],
  trust: join(folder, 'ca', 'certs', 'ca.pem'),
}))
