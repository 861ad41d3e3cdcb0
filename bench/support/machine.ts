/**
 * What a report must say of the machine and the runtime that it was measured on.
 */

import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'

export interface Machine {
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly memory_gib: number
  readonly kernel: string
  readonly node: string
  readonly openssl: string
  readonly load_average: readonly number[]
}

export function machine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 16),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    openssl: process.versions.openssl,
    load_average: loadavg().map((value) => Number(value.toFixed(2))),
  }
}

/** First line of what a program says of its version; undefined where there is no such program. */
export function versionOf(command: string, args: readonly string[]): string | undefined {
  try {
    const text = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 })
    return text.split('\n')[0]?.trim()
  } catch {
    return undefined
  }
}
