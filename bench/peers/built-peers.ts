/**
 * Peers that install.sh builds from published packages: hudsucker (Rust), goproxy and martian (Go), mockttp and http-mitm-proxy (npm).
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../support/program.ts'
import type { Peer, PeerStart } from './peer.ts'
import { BUILD_FOLDER, built, PEERS_FOLDER, startProgram } from './program-peer.ts'

/** Programs of ours on published modules: what they are made of is in their folders here. */
interface Native {
  readonly name: string
  readonly description: string
  /** The built program. */
  readonly file: string
  /** File of this folder that names the version, and where. */
  readonly versionIn: string
  readonly version: RegExp
  readonly args?: readonly string[]
  readonly only?: readonly string[]
}

function native({ name, description, file, versionIn, version, args = [], only }: Native): Peer {
  return {
    name,
    description,
    ...(only === undefined ? {} : { only }),
    version: () => (built(file) === undefined ? undefined : version.exec(readFileSync(join(PEERS_FOLDER, versionIn), 'utf8'))?.[1]),
    start: ({ pki }) => startProgram({ command: `${BUILD_FOLDER}/${file}`, args: [pki.ca, pki.caKey, pki.ca, ...args] }, pki.ca),
  }
}

const HUDSUCKER = { versionIn: 'hudsucker/Cargo.lock', version: /name = "hudsucker"\nversion = "([^"]+)"/ } as const
const GOPROXY = { file: 'goproxy', versionIn: 'goproxy/go.mod', version: /elazarl\/goproxy v(\S+)/ } as const

export const hudsucker = native({
  name: 'hudsucker',
  description: 'minimal program on the crate, release build with LTO, rustls with aws-lc-rs, pooled origin connections',
  file: 'soth-peer-hudsucker',
  ...HUDSUCKER,
})

/** HTTP/2 is a feature of the crate, off by default. */
export const hudsuckerHttp2 = native({
  name: 'hudsucker + HTTP/2',
  description: 'the same, built with the feature http2',
  file: 'soth-peer-hudsucker-http2',
  ...HUDSUCKER,
  only: ['http2'],
})

export const goproxy = native({
  name: 'goproxy',
  description: 'minimal program, certificate cache, 4096 idle connections per host',
  ...GOPROXY,
})

export const goproxyHttp2 = native({
  name: 'goproxy + HTTP/2',
  description: 'the same with AllowHTTP2, which is off by default',
  ...GOPROXY,
  args: ['h2'],
  only: ['http2'],
})

export const martian = native({
  name: 'martian',
  description: 'minimal program, 4096 idle connections per host',
  file: 'martian',
  versionIn: 'martian/go.mod',
  version: /google\/martian\/v3 v(\S+)/,
})

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
