/**
 * What happens while an engine starts: clients that come too early, and leave; a close before it is ready.
 */

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import t from 'tap'
import { request } from 'undici'
import { createEngine } from '../../src/engine.ts'

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
