/**
 * What happens while an engine starts: clients that come too early, and leave; a close before it is ready.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { request } from 'undici'
import { createEngine } from '../../../src/engine.ts'

/** A port that was free a moment ago: clients must know it before the engine tells. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return address !== null && typeof address === 'object' ? address.port : 0
}

t.test('clients that reset or close while the engine starts', async (t) => {
  const port = await freePort()
  const engine = createEngine({ listen: `127.0.0.1:${port}`, admin: '127.0.0.1:0', workers: 1, ca_dir: t.testdir() })
  t.teardown(() => engine.close())
  const starting = engine.start()
  let isStarted = false
  let taken = 0
  const poke = (): void => {
    if (isStarted) return
    const client = connect({ port, host: '127.0.0.1' }, () => {
      taken++
      client.write('CONN')
      setTimeout(() => (taken % 2 === 0 ? client.resetAndDestroy() : client.end()), 2)
    })
    client.on('error', () => undefined).once('close', () => setTimeout(poke, 2))
  }
  for (let client = 0; client < 8; client++) poke()
  const { admin } = await starting
  isStarted = true
  t.comment(`${taken} connections before the engine was ready`)
  t.ok(taken > 0)
  for (let attempt = 0; ; attempt++) {
    const { body } = await request(`http://${admin}/metrics`)
    const active = /^soth_mitm_connections_active (\d+)$/m.exec(await body.text())?.[1]
    if (active === '0') break
    if (attempt === 500) {
      t.equal(active, '0', 'connections that are long gone')
      break
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
})

t.test('close while it starts: nothing is left, and the start rejects', async (t) => {
  const port = await freePort()
  const engine = createEngine({ listen: `127.0.0.1:${port}`, admin: false, workers: 1, ca_dir: t.testdir() })
  const starting = engine.start()
  const rejected = t.rejects(starting, { message: /closed while it started/ })
  await engine.close()
  await rejected
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
})

t.test('a Unix socket that a killed proxy left behind is replaced, a live one is not', async (t) => {
  // Short: such paths take about 100 octets.
  const directory = mkdtempSync(join(tmpdir(), 'soth-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'proxy.sock')
  const listening = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`
  const killed = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(killed, 'exit')
  await once(killed.stdout, 'data')
  const options = { listen: `unix:${path}`, admin: false, workers: 0, ca_dir: directory } as const
  await t.rejects(createEngine(options).start(), { message: /something is at this path already \(EADDRINUSE\)/ })
  killed.kill('SIGKILL')
  await ended
  const engine = createEngine(options)
  await engine.start()
  const client = connect(path)
  await once(client, 'connect')
  client.destroy()
  await engine.close()
})
