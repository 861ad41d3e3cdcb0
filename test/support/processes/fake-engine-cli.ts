/**
 * The command line on a fake engine, as a process of its own: for tests of flags, signals and messages.
 *
 * The fake listens for real, so that ports are really taken, and makes its CA directory. `FAKE_DRAIN_MS` says how long its flows
 * take to end, `FAKE_START_MS` how long it takes to start; `FAKE_BUG` makes start throw as a bug would. Reloads are told on standard error.
 */

import { mkdirSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CreateServedEngine, ServedEngine } from '../../../src/cli/engine/served-engine.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import { UserError } from '../../../src/shared/errors.ts'
import { loadConfigFile } from '../../../src/shared/options/document/load-config-file.ts'
import { parseListenAddress } from '../../../src/shared/options/listen-address.ts'

const createFake: CreateServedEngine = (options, { log }) => {
  const servers: Server[] = []
  const close = async () => {
    for (const server of servers) server.close()
  }
  return {
    async start() {
      process.stderr.write('fake: starting\n')
      await sleep(Number(process.env['FAKE_START_MS'] ?? 0))
      if (process.env['FAKE_BUG'] !== undefined) throw new TypeError('fake bug')
      mkdirSync(options.ca_dir, { recursive: true })
      const listen = []
      for (const text of [options.listen].flat()) listen.push(await listenOn(text, servers))
      const admin = options.admin === false ? undefined : await listenOn(options.admin, servers)
      log('info', 'fake: started')
      return { listen, admin, ca: { certPath: `${options.ca_dir}/ca.pem`, fingerprint: 'AA:BB' } }
    },
    subscribe: () => () => undefined,
    flush: async () => undefined,
    reopenEvents: () => void process.stderr.write('fake: reopened\n'),
    async reload({ rules, log_level }) {
      process.stderr.write('fake: reloaded as it was\n')
      return { rules: rules.length, logLevel: log_level }
    },
    async reloadFile({ file, overrides }) {
      const next = loadConfigFile(file, overrides)
      if (next.workers !== options.workers) throw new UserError('workers cannot change while the engine runs', 'reload', 'restart')
      process.stderr.write(`fake: reloaded with ${next.rules.length} rules\n`)
      return { rules: next.rules.length, logLevel: next.log_level }
    },
    async drain(deadlineMs = 0) {
      await sleep(Math.min(deadlineMs, Number(process.env['FAKE_DRAIN_MS'] ?? 0)))
    },
    close,
  } satisfies ServedEngine
}

function listenOn(text: string, servers: Server[]): Promise<string> {
  const address = parseListenAddress(text)
  const server = createServer()
  servers.push(server)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const listening = () => {
      const bound = server.address() as AddressInfo | string
      resolve(typeof bound === 'string' ? `unix:${bound}` : `${bound.address}:${bound.port}`)
    }
    if (address.kind === 'unix') server.listen(address.path, listening)
    else server.listen(address.port, address.host, listening)
  })
}

process.exitCode = await runCli(process.argv.slice(2), { loadEngine: async () => createFake })
