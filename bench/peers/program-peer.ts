/**
 * A started program as a running peer, and where the peers are that are built from source.
 */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Program, type ProgramAsked } from '../support/program.ts'
import type { RunningPeer } from './peer.ts'

/** The repository's folder of the peers: configurations and sources lie there, not beside the compiled file. */
export const PEERS_FOLDER = fileURLToPath(new URL('../../../bench/peers/', import.meta.url))
/** What install.sh builds; SOTH_PEERS_BUILD names another place. */
export const BUILD_FOLDER = process.env['SOTH_PEERS_BUILD'] ?? fileURLToPath(new URL('../../../.peers', import.meta.url))

/** `configuration`: what is in the file that its command line names. */
export async function startProgram(asked: ProgramAsked, trust: string, direct = false, configuration = ''): Promise<RunningPeer> {
  const program = await Program.start(asked)
  return {
    direct,
    port: program.port,
    trust,
    configuration: [[asked.command, ...asked.args].join(' '), ...(configuration === '' ? [] : [configuration.trim()])].join('\n\n'),
    cpu: async () => program.cpu(),
    memory: (what) => program.memory(what),
    stop: () => program.stop(),
  }
}

/** Path of a built peer; undefined where it was not built. */
export function built(name: string): string | undefined {
  const path = `${BUILD_FOLDER}/${name}`
  return existsSync(path) ? path : undefined
}
