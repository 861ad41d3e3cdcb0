/**
 * ProbeRig: an engine with the operator's CA and a TLS origin, both on loopback and for the length of one `doctor`; and the running
 * of clients against them. Every verdict comes from the engine's events, not from what a client says. Main thread.
 */

import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { SothEvent } from '../../shared/events/event.ts'
import { parseListenAddress } from '../../shared/options/listen-address.ts'
import { parseOptions } from '../../shared/options/parse-options.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import { type DemoOrigin, startDemoOrigin } from '../demo/demo-origin.ts'
import type { CreateServedEngine, ServedEngine } from '../engine/served-engine.ts'
import { atInterruption } from '../interruption.ts'
import { ScratchDirectory } from '../scratch-directory.ts'
import type { ClientProbe, ProbePlace } from './client-probes.ts'

const SETTLE_MS = 3_000
const POLL_MS = 20
const SAID_LIMIT_CHARS = 16_384
const LINE_LIMIT_CHARS = 200
const TELLING = /certif|x509|PKIX|unable to|refused|No module named/i

export interface ProbeResult {
  readonly events: readonly SothEvent[]
  /** The line that tells most of what it said. */
  readonly said: string
  readonly timedOut: boolean
}

export class ProbeRig {
  readonly place: ProbePlace
  readonly #engine: ServedEngine
  readonly #origin: DemoOrigin
  readonly #scratch: ScratchDirectory
  readonly #events: SothEvent[] = []

  private constructor(engine: ServedEngine, origin: DemoOrigin, scratch: ScratchDirectory, place: ProbePlace) {
    this.#engine = engine
    this.#origin = origin
    this.#scratch = scratch
    this.place = place
    engine.subscribe({}, (event) => {
      this.#events.push(event)
    })
  }

  static async open(createEngine: CreateServedEngine, caDirectory: string): Promise<ProbeRig> {
    const scratch = new ScratchDirectory('soth-mitm-doctor')
    const origin = await startDemoOrigin()
    const rootFile = join(scratch.path, 'origin-root.pem')
    writeFileSync(rootFile, origin.rootPem)
    const engine = createEngine(rigOptions(caDirectory, rootFile), { log: () => undefined })
    try {
      const { listen } = await engine.start()
      const address = parseListenAddress(listen[0] ?? '')
      const proxyPort = address.kind === 'tcp' ? address.port : 0
      return new ProbeRig(engine, origin, scratch, {
        proxyHost: '127.0.0.1',
        proxyPort,
        originHost: 'localhost',
        originPort: origin.port,
      })
    } catch (error) {
      await origin.close()
      scratch.remove()
      throw error
    }
  }

  /** Runs one client and waits until its flows have ended. `env`: whole, proxy variables included. */
  async run(probe: ClientProbe, program: string, env: NodeJS.ProcessEnv): Promise<ProbeResult> {
    this.#events.length = 0
    const scratch = join(this.#scratch.path, probe.name)
    mkdirSync(scratch)
    const source = join(this.#scratch.path, probe.source?.name ?? '')
    if (probe.source !== undefined) writeFileSync(source, probe.source.text)
    const { args, input, env: own } = probe.run(this.place, { source, scratch })
    const ended = await runBounded([program, ...args], { ...env, ...own }, input ?? '', probe.deadlineMs)
    await this.#settle()
    return { ...ended, events: this.#events.filter((event) => event.server_port === this.place.originPort) }
  }

  async close(): Promise<void> {
    await this.#engine.close()
    await this.#origin.close()
    this.#scratch.remove()
  }

  /** Until every flow that was begun has its terminal event: `stream_closed` without an exchange. */
  async #settle(): Promise<void> {
    const deadline = performance.now() + SETTLE_MS
    while (performance.now() < deadline) {
      await this.#engine.flush()
      const begun = this.#events.filter(({ event }) => event === 'connect_received').length
      const ended = this.#events.filter((event) => event.event === 'stream_closed' && event.exchange === undefined).length
      if (begun === ended) return
      await delay(POLL_MS)
    }
  }
}

/** Nothing leaves the machine: clients that phone home on their own are refused. */
function rigOptions(caDirectory: string, rootFile: string): EngineOptions {
  return parseOptions({
    listen: '127.0.0.1:0',
    admin: false,
    workers: 0,
    ca_dir: caDirectory,
    upstream: { extra_ca_file: rootFile },
    rules: [{ match: { host: 'localhost' }, action: 'intercept' }],
    default_action: 'block',
  })
}

function runBounded(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string,
  deadlineMs: number,
): Promise<{ readonly said: string; readonly timedOut: boolean }> {
  return new Promise((resolve) => {
    // A group of its own, so that the deadline also ends what a wrapper has started.
    const child = spawn(program, args, { env, stdio: ['pipe', 'ignore', 'pipe'], detached: process.platform !== 'win32' })
    let text = ''
    let timedOut = false
    const deadline = setTimeout(() => {
      timedOut = true
      endGroup(child.pid)
    }, deadlineMs)
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      text = (text + part).slice(0, SAID_LIMIT_CHARS)
    })
    const callOff = atInterruption(() => endGroup(child.pid))
    const end = (said: string) => {
      clearTimeout(deadline)
      callOff()
      resolve({ said: tellingLine(said), timedOut })
    }
    child.once('error', (error) => end(error.message))
    child.once('close', () => end(text))
    // A client that has refused does not read any more.
    child.stdin.on('error', () => undefined).end(input)
  })
}

/** Stack traces and logs end in lines that say nothing: the first that speaks of a failure counts, else the last. */
export function tellingLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  const telling = lines.find((line) => TELLING.test(line)) ?? lines.findLast((line) => line !== '') ?? ''
  return telling.slice(0, LINE_LIMIT_CHARS)
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It has ended by itself in this moment.
  }
}
