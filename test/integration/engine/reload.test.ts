/**
 * A reload of many rules beside traffic: the threads that serve do not stand still for it, nothing is lost, and the rules are in force.
 *
 * Figures for 100,000 rules are `bench/reload.bench.ts`'s business. Here the longest wait is compared with the reload's own time, which it
 * would reach if anyone who serves compiled the rules; so the test says the same on a slow machine.
 */

import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { createEngine } from '../../../src/engine.ts'
import { CaStore } from '../../../src/workers/tls/ca/ca-store.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openProxy, openSecure, type Received } from '../../support/proxy-client.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

/** Below 10 s on an idle machine. */
t.setTimeout(600_000)

const RULES = 100_000
const CONNECTIONS = 4
const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

const directory = t.testdir()

t.test('100,000 rules, two workers', async (t) => {
  const origin = await startHttpsOrigin((_asked, response) => void response.end('through'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { workers: 2 })
  const rules = Array.from({ length: RULES }, (_, n) => ({ match: { host: `h${n}.zone-${n % 100}.example` }, action: 'block' }))
  const file = join(directory, 'many.json')
  writeFileSync(file, JSON.stringify({ ...harness.options, rules }))
  let isOver = false
  let longest = 0
  let answers = 0
  /** One request after another; the client's thread is the acceptor's as well, so that its standing still would show, too. */
  async function converse(): Promise<void> {
    const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
    for (let asked = 1; !isOver; asked++) {
      const at = performance.now()
      client.socket.write(GET)
      await client.until(({ text }) => text.split('through').length > asked, 'an answer')
      longest = Math.max(longest, performance.now() - at)
      answers++
      await delay(5)
    }
    client.socket.end()
  }
  const conversations = Array.from({ length: CONNECTIONS }, converse)
  await delay(100)
  longest = 0
  const started = performance.now()
  t.match(await harness.engine.reloadFile({ file, overrides: {} }), { rules: RULES })
  const reloadMs = performance.now() - started
  isOver = true
  await Promise.all(conversations)
  t.ok(answers > 10, `${answers} answers`)
  t.ok(longest < reloadMs / 2, `the longest wait was ${Math.round(longest)} ms of ${Math.round(reloadMs)}`)
  const blocked = openProxy(harness.proxyPort)
  blocked.socket.write(`CONNECT h${RULES - 1}.zone-99.example:443 HTTP/1.1\r\n\r\n`)
  await blocked.over()
  t.match(blocked.text, /^HTTP\/1\.1 403/)
  await harness.checkLaws(t, CONNECTIONS + 1)
})

t.test('a file that is empty, as while it is written, takes no policy away', async (t) => {
  const harness = await EngineHarness.start(t, { rules: [{ name: 'kept', match: { host: 'a.example' }, action: 'block' }] })
  const file = join(harness.directory, 'soth.yaml')
  writeFileSync(file, '')
  await t.rejects(harness.engine.reloadFile({ file, overrides: {} }), { name: 'ConfigError', reason: /says nothing/ })
  const blocked = openProxy(harness.proxyPort)
  blocked.socket.write('CONNECT a.example:443 HTTP/1.1\r\n\r\n')
  await blocked.over()
  t.match(blocked.text, /rule kept/)
})

t.test('reloads are taken one after another, and a bad one leaves the policy as it was', async (t) => {
  const harness = await EngineHarness.start(t, { workers: 1 })
  const rule = { name: 'last', match: { host: 'a.example' }, action: 'block' } as const
  const many = Array.from({ length: 2_000 }, (_, n) => ({ match: { host: `h${n}.example` } }))
  const slow = harness.engine.reload({ ...harness.options, rules: many })
  const last = harness.engine.reload({ ...harness.options, rules: [rule] })
  const bad = harness.engine.reload({ ...harness.options, rules: [{ match: { host: 'a b' } }] })
  t.match(await Promise.all([slow, last]), [{ rules: 2_000 }, { rules: 1 }])
  await t.rejects(bad, { name: 'ConfigError', path: 'rules[0].match.host[0]' })
  const blocked = openProxy(harness.proxyPort)
  blocked.socket.write('CONNECT a.example:443 HTTP/1.1\r\n\r\n')
  await blocked.over()
  t.match(blocked.text, /rule last/)
})

t.test('a reload while the engine starts is in force once it has started', async (t) => {
  const origin = createServer((_asked, response) => void response.end('through')).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  t.teardown(() => origin.close())
  const { port: originPort } = origin.address() as AddressInfo
  // At one of these moments the shards are under way and not there yet.
  for (const waitMs of [0, 50, 100, 150, 200, 250]) {
    const options = { listen: '127.0.0.1:0', admin: false, workers: 1, ca_dir: directory } as const
    const engine = createEngine(options)
    const starting = engine.start()
    await delay(waitMs)
    const reloading = engine.reload({ ...options, rules: [{ name: 'early', match: { path: '/x' }, action: 'block' }] })
    const { listen } = await starting
    t.match(await reloading, { rules: 1 })
    // Of the path of a plain request a shard decides.
    const client = openProxy(Number(listen[0]?.split(':').at(-1)))
    client.socket.write(`GET http://127.0.0.1:${originPort}/x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
    await client.over()
    t.match(client.text, /^HTTP\/1\.1 403[\s\S]*rule early/, `after ${waitMs} ms`)
    await engine.close()
  }
})

t.test('a rotated CA signs after a reload; one that cannot be read leaves the old one in place', async (t) => {
  const origin = await startHttpsOrigin((_asked, response) => void response.end('through'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { workers: 1 })
  const authority = `localhost:${origin.port}`
  const ask = async (client: Received, asked = 1) => {
    client.socket.write(GET)
    await client.until(({ text }) => text.split('through').length > asked, 'an answer')
  }
  const before = await openSecure(harness.proxyPort, authority, harness.caPem)
  await ask(before)
  const store = new CaStore(join(harness.directory, 'ca'), Date.now)
  const { authority: rotated, certificateFile } = store.rotate()
  const old = await openSecure(harness.proxyPort, authority, harness.caPem)
  await ask(old)
  t.match(await harness.engine.reload(harness.options), { rules: 0 })

  await ask(before, 2)
  const renewed = await openSecure(harness.proxyPort, authority, rotated.material.certificatePem)
  await ask(renewed)
  const overlapping = await openSecure(harness.proxyPort, authority, readFileSync(certificateFile, 'utf8'))
  await ask(overlapping)
  await t.rejects(openSecure(harness.proxyPort, authority, harness.caPem), 'the old one signs no more')
  const page = openProxy(harness.proxyPort)
  page.socket.write('GET http://soth.mitm/ca.pem HTTP/1.1\r\nHost: soth.mitm\r\n\r\n')
  await page.until(({ text }) => text.includes('END CERTIFICATE'), 'the page of the proxy')
  t.ok(page.text.includes(rotated.material.certificatePem), 'the page has the new one')

  writeFileSync(join(harness.directory, 'ca', 'ca-key.pem'), 'not a key')
  t.match(await harness.engine.reload(harness.options), { rules: 0 })
  t.match(harness.logged.at(-1), /^warn: the CA stays as it was: .*no complete private key/)
  await ask(await openSecure(harness.proxyPort, authority, rotated.material.certificatePem))

  const { samples } = await harness.metrics()
  const sum = (name: string) => samples.filter((sample) => sample.name === name).reduce((total, { value }) => total + value, 0)
  t.same(
    [sum('soth_mitm_leaf_cache_misses_total'), sum('soth_mitm_leaf_contexts_minted_total'), sum('soth_mitm_leaf_cache_hits_total')],
    [2, 2, 4],
    'one leaf of each CA, and the others found',
  )
})
