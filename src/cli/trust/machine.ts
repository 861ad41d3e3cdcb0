/**
 * Machine: what the trust table asks about the machine it would change. An interface, so that tests describe machines they are not
 * on; `thisMachine` is the real one. Looks, and changes nothing. Main thread.
 */

import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Machine {
  readonly platform: NodeJS.Platform
  /** `ID` and `ID_LIKE` of os-release, nearest first: `ubuntu debian`. Empty where there is no such file. */
  readonly distributions: readonly string[]
  readonly home: string
  readonly env: Environment
  readonly isRoot: boolean
  /** The absolute path of a program on PATH. */
  find(program: string): string | undefined
  exists(path: string): boolean
  /** Whether this user may write `path`, or make it where it does not exist. */
  writable(path: string): boolean
  /** Names in a directory, sorted; none where it cannot be read. */
  list(directory: string): readonly string[]
}

export function thisMachine(env: Environment = process.env): Machine {
  return {
    platform: process.platform,
    distributions: distributionsOf(readText('/etc/os-release')),
    home: env['HOME'] ?? homedir(),
    env,
    isRoot: process.getuid?.() === 0,
    find: (program) => findProgram(program, env),
    exists: existsSync,
    writable: (path) => allowed(path, constants.W_OK) || (!existsSync(path) && allowed(join(path, '..'), constants.W_OK)),
    list: listDirectory,
  }
}

/** From the text of os-release(5): shell-like assignments, values perhaps in quotes. */
export function distributionsOf(osRelease: string): string[] {
  const values = new Map<string, string>()
  for (const line of osRelease.split('\n')) {
    const found = /^(ID|ID_LIKE)=["']?([^"']*)["']?\s*$/.exec(line)
    if (found?.[1] !== undefined) values.set(found[1], found[2] ?? '')
  }
  return [values.get('ID') ?? '', ...(values.get('ID_LIKE') ?? '').split(' ')].filter((id) => id !== '')
}

function findProgram(program: string, env: Environment): string | undefined {
  const endings = process.platform === 'win32' ? (env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';') : ['']
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    for (const ending of endings) {
      const path = join(directory, `${program}${ending}`)
      if (directory !== '' && allowed(path, constants.X_OK) && statSync(path).isFile()) return path
    }
  }
  return undefined
}

function allowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

function listDirectory(directory: string): string[] {
  try {
    return readdirSync(directory).sort()
  } catch {
    return []
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
