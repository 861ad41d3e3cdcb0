/**
 * Machines that tests describe: programs and files as lists, nothing real behind them.
 */

import type { Machine } from '../../src/cli/trust/machine.ts'
import type { TrustFiles } from '../../src/cli/trust/trust-files.ts'

export interface FakeMachine extends Partial<Omit<Machine, 'find' | 'exists' | 'writable' | 'list'>> {
  readonly programs?: readonly string[]
  readonly paths?: readonly string[]
  readonly canWrite?: boolean
}

export function fakeMachine({ programs = [], paths = [], canWrite = false, ...rest }: FakeMachine): Machine {
  return {
    platform: 'linux',
    distributions: [],
    home: '/h/u',
    env: {},
    isRoot: false,
    ...rest,
    find: (program) => (programs.includes(program) ? `/usr/bin/${program}` : undefined),
    exists: (path) => paths.includes(path),
    writable: () => canWrite,
    list: (directory) => [
      ...new Set(
        paths.filter((path) => path.startsWith(`${directory}/`)).map((path) => path.slice(directory.length + 1).split('/')[0] ?? ''),
      ),
    ],
  }
}

export const FAKE_FILES: TrustFiles = {
  ca: '/ca/ca.pem',
  bundle: '/ca/ca-bundle.pem',
  trustStore: '/ca/ca-truststore.p12',
  wgetrc: '/ca/wgetrc',
  fingerprint: 'AB:CD',
  sha1: 'ef01',
  hashName: 'c0ffee00.0',
  nickname: 'soth-mitm-abcd',
  replaced: [{ sha1: 'ef01', nickname: 'soth-mitm-ef01' }],
}
