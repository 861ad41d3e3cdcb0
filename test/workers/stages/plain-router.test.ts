/** Mirror test of `src/workers/stages/plain-router.ts`: the router on a real layer, with routes that the test opens and fails. */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../src/shared/side.ts'
import { Http1Layer } from '../../../src/workers/layers/http1/http1-layer.ts'
import { DialError } from '../../../src/workers/origin/dial.ts'
import { type Answer, PlainRouter, type PlainRoutes } from '../../../src/workers/stages/plain-router.ts'
import { LayerRelay } from '../../support/harnesses/layer-relay.ts'
import { HttpRecorder } from '../../support/recorders/http-recorder.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

class Routes implements PlainRoutes {
  readonly dials: string[] = []
  connected = ''
  finished = 0
  relay: LayerRelay | undefined = undefined
  #open: { resolve: () => void; reject: (error: Error) => void } | undefined = undefined

  answer(_head: unknown, { host }: { host: string }): Answer | undefined {
    if (host !== 'own.example') return undefined
    return { response: Buffer.from('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'), reason: 'refused' }
  }
  isConnectedTo(host: string, port: number): boolean {
    return this.connected === `${host}:${port}`
  }
  connect(host: string, port: number): Promise<void> {
    this.dials.push(`${host}:${port}`)
    return new Promise((resolve, reject) => {
      this.#open = { resolve, reject }
    })
  }
  resume(): void {
    this.relay?.resume(CLIENT)
  }
  finish(): void {
    this.finished++
  }

  /** The dial under way succeeds, or fails with `error`. */
  async dialled(error?: Error): Promise<void> {
    if (error === undefined) {
      this.connected = this.dials.at(-1) ?? ''
      this.#open?.resolve()
    } else this.#open?.reject(error)
    await settle()
  }
}

function setUp() {
  const routes = new Routes()
  const recorder = new HttpRecorder()
  const router = new PlainRouter(recorder, routes, false)
  const relay = new LayerRelay(new Http1Layer({ handler: router, switchesOrigins: true }))
  routes.relay = relay
  return { routes, recorder, router, relay }
}

const get = (host: string, fields = '') => `GET http://${host}/p HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`

t.test('dials once, forwards, and stays with the origin', async (t) => {
  const { relay, router, routes } = setUp()
  relay.feed(CLIENT, get('a.example') + get('a.example'))
  t.same(routes.dials, ['a.example:80'])
  t.equal(relay.toOrigin, '')
  await routes.dialled()
  t.equal(relay.toOrigin, 'GET /p HTTP/1.1\r\nHost: a.example\r\n\r\n'.repeat(2))
  t.ok(router.isBusy)
  relay.feed(ORIGIN, OK + OK)
  t.notOk(router.isBusy)
  t.equal(relay.toClient, OK + OK)
  t.same(routes.dials, ['a.example:80'])
})

t.test('another origin waits for the answers that are owing', async (t) => {
  const { relay, routes } = setUp()
  relay.feed(CLIENT, get('a.example') + get('b.example'))
  await routes.dialled()
  await settle()
  t.same(routes.dials, ['a.example:80'])
  relay.feed(ORIGIN, OK)
  await settle()
  t.same(routes.dials, ['a.example:80', 'b.example:80'])
  await routes.dialled()
  t.match(relay.toOrigin, /Host: b\.example\r\n\r\n$/)
})

t.test('a dial that fails is told to the request that waited for it, and closes', async (t) => {
  for (const error of [new DialError('origin_refused', 'no'), new Error('unforeseen')]) {
    const { recorder, relay, routes } = setUp()
    relay.feed(CLIENT, get('a.example', 'Accept: application/json\r\n'))
    await routes.dialled(error)
    t.match(relay.toClient, /^HTTP\/1\.1 502 [\s\S]*"code":"origin_(refused|unreachable)"/)
    t.same(recorder.ends, ['0:upstream_connect_failed'])
    t.equal(relay.close?.reason, 'upstream_connect_failed')
  }
})

t.test('an answer of our own is the last', async (t) => {
  const { recorder, relay, routes } = setUp()
  relay.feed(CLIENT, get('own.example') + get('a.example'))
  t.match(relay.toClient, /^HTTP\/1\.1 403 /)
  t.same(recorder.ends, ['0:refused'])
  t.same(recorder.violations, [], 'what the client had sent behind it is no fault of its')
  t.same(routes.dials, [])
})

t.test('targets that are no http URL', async (t) => {
  for (const target of ['/origin-form', 'https://a.example/', '*']) {
    const { relay } = setUp()
    relay.feed(CLIENT, `${target === '*' ? 'OPTIONS' : 'GET'} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
    t.match(relay.toClient, /^HTTP\/1\.1 400 /, target)
  }
})

t.test('the last request of the client ends its connection, whatever the origin says', async (t) => {
  const { relay, routes } = setUp()
  relay.feed(CLIENT, get('a.example') + get('a.example', 'Connection: close\r\n'))
  await routes.dialled()
  t.match(relay.toOrigin, /Host: a\.example\r\nConnection: close\r\n\r\n$/)
  relay.feed(ORIGIN, 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok')
  await settle()
  t.equal(relay.toClient, OK, 'the close of an origin is about its own hop')
  t.equal(routes.finished, 0)
  relay.feed(ORIGIN, OK)
  await settle()
  t.match(relay.toClient, /Connection: close\r\n\r\nok$/)
  t.equal(routes.finished, 1)
})
