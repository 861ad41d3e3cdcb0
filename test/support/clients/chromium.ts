/**
 * Headless Chromium as a client: with certificates that it trusts, straight or through a proxy.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { lacks, runCommand } from '../run-command.ts'

/** By the name of the package of each distribution. */
const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome']
const command = COMMANDS.find((name) => lacks(name) === false)
/** The whole start, on a busy machine. */
const DEADLINE_MS = 180_000

/** The reason to skip, or false. NSS's tool has no version flag, and takes a call for help for a failure. */
export const LACKS_CHROMIUM: string | false =
  command === undefined ? 'Chromium is not installed' : lacks('certutil', '-H', 1) && 'certutil (libnss3-tools) is not installed'

export class Chromium {
  readonly #home: string
  #profiles = 0

  private constructor(home: string) {
    this.#home = home
  }

  /** Whose user, at `home`, trusts the certificates in `files`: on Linux Chromium trusts what lies in this store. */
  static async trusting(home: string, files: readonly string[]): Promise<Chromium> {
    const store = join(home, '.pki/nssdb')
    mkdirSync(store, { recursive: true })
    await runCommand('certutil', ['-d', `sql:${store}`, '-N', '--empty-password'])
    for (const [n, file] of files.entries())
      await runCommand('certutil', ['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', `root ${n}`, '-i', file])
    return new Chromium(home)
  }

  /** Loads `url`, runs what it asks for, and gives the document that comes of it. */
  async dump(url: string, proxyUrl?: string): Promise<string> {
    const flags = ['--virtual-time-budget=4000', '--dump-dom']
    const options = { env: { HOME: this.#home }, deadlineMs: DEADLINE_MS }
    return (await runCommand(command ?? '', [...this.#flags(proxyUrl), ...flags, url], options)).stdout
  }

  /** Keeps `url` open until `done` is settled, or the time is over. */
  async keepOpen<Value>(url: string, proxyUrl: string | undefined, done: Promise<Value>): Promise<Value> {
    const child = spawn(command ?? '', [...this.#flags(proxyUrl), '--remote-debugging-port=0', url], {
      env: { ...process.env, HOME: this.#home },
      stdio: 'ignore',
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    })
    const ended = once(child, 'exit')
    try {
      return await Promise.race([
        done,
        ended.then(() => {
          throw new Error(`the browser ended, or had not done its work within ${DEADLINE_MS} ms`)
        }),
      ])
    } finally {
      child.kill('SIGKILL')
      await ended
    }
  }

  #flags(proxyUrl: string | undefined): string[] {
    return [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      `--user-data-dir=${join(this.#home, `profile-${this.#profiles++}`)}`,
      ...(proxyUrl === undefined ? ['--no-proxy-server'] : [`--proxy-server=${proxyUrl}`, '--proxy-bypass-list=<-loopback>']),
    ]
  }
}
