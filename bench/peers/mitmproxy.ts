/**
 * mitmproxy's mitmdump, without its console: quiet, large bodies streamed, as its documentation advises.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { versionOf } from '../support/machine.ts'
import { freePort } from '../support/program.ts'
import type { Peer } from './peer.ts'
import { startProgram } from './program-peer.ts'

export const mitmproxy: Peer = {
  name: 'mitmproxy',
  description: 'mitmdump, quiet, stream_large_bodies=512k, its own CA',
  version: () => versionOf('mitmdump', ['--version'])?.replace('Mitmproxy: ', ''),
  start: async ({ pki, folder }) => {
    const port = await freePort()
    // It wants an RSA root; without one it makes its own, which clients then trust.
    const trusted = join(folder, 'trusted.pem')
    writeFileSync(trusted, readFileSync(pki.ca))
    const set = [`confdir=${folder}`, 'stream_large_bodies=512k', `ssl_verify_upstream_trusted_ca=${trusted}`]
    const args = ['--quiet', '--listen-host', '127.0.0.1', '-p', String(port), ...set.flatMap((option) => ['--set', option])]
    return startProgram({ command: 'mitmdump', args, port }, join(folder, 'mitmproxy-ca-cert.pem'))
  },
}
