/**
 * The HTTP/2 layer between a real client and a real server (node:http2) on loopback: what passes, and what 1,000 streams
 * behind an alteration read. No TLS.
 */

import { randomBytes } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { HeadVerdict } from '../../../../src/workers/layers/http/http-handler.ts'
import { Http2Engine } from '../../../support/harnesses/http2-engine.ts'

/** Echoes what it understood, so that a header table out of step shows. */
function serve(engine: Http2Engine): void {
  engine.origin.on('stream', (stream, fields) => {
    const chunks: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      if (stream.destroyed) return
      stream.respond({ ':status': 200, 'x-path': fields[':path'], 'x-n': fields['x-n'] ?? '', 'x-host': fields[':authority'] })
      stream.end(Buffer.concat(chunks))
    })
  })
}

const blocked = (body: string): HeadVerdict => ({
  kind: 'respond',
  response: Buffer.from(
    `HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  ),
  reason: 'blocked',
})

t.test('requests, bodies and trailers pass', async (t) => {
  const engine = await Http2Engine.start()
  t.teardown(() => engine.close())
  engine.origin.on('stream', (stream, fields) => {
    stream.additionalHeaders({ ':status': 103, link: '</a>' })
    stream.respond({ ':status': 200, 'x-path': fields[':path'] }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ sum: 'good' }))
    stream.pipe(stream)
  })
  const body = randomBytes(3_000_000)
  const answer = await engine.fetch({ ':method': 'POST', ':path': '/big', cookie: ['a=1', 'b=2'] }, body)
  t.equal(answer.status, 200)
  t.ok(answer.body.equals(body), '3 MB both ways')
  t.equal(answer.trailers?.['sum'], 'good')
  const facts = engine.recorder.of(1)
  t.same(facts.map((fact) => fact.fact).sort(), [
    'exchangeEnd',
    'informational',
    'requestBody',
    'requestEnd',
    'requestHead',
    'responseBody',
    'responseEnd',
    'responseHead',
    'responseTrailers',
  ])
  t.equal(facts.find((fact) => fact.fact === 'requestBody')?.body?.length, body.length)
  t.equal(facts.find((fact) => fact.fact === 'responseBody')?.body, body.toString('latin1'))
  t.match(facts.at(-1), { fact: 'exchangeEnd', reason: 'completed' })
})

for (const what of ['blocked', 'edited', 'response replaced', 'response edited', 'blocked with a body under way'] as const) {
  t.test(`1,000 streams behind one that was ${what}`, async (t) => {
    const alters = (path: string) => path === '/altered'
    const engine = await Http2Engine.start({
      verdicts: {
        request(_exchange, head) {
          if (!alters(head.target)) return undefined
          if (what.startsWith('blocked')) return blocked('no')
          if (what !== 'edited') return undefined
          return { kind: 'replace', head: Buffer.from('GET /edited HTTP/1.1\r\nHost: b.example\r\nX-N: new\r\nConnection: close\r\n\r\n') }
        },
        response(_exchange, head) {
          if (head.fields.first('x-path') !== '/altered') return undefined
          if (what === 'response replaced') return blocked('replaced')
          if (what !== 'response edited') return undefined
          return { kind: 'replace', head: Buffer.from('HTTP/1.1 201 Created\r\nX-Path: edited\r\n\r\n') }
        },
      },
    })
    t.teardown(() => engine.close())
    serve(engine)
    const request = (path: string, n: number): OutgoingHttpHeaders => ({
      ':path': path,
      'x-n': `${n}`,
      [`x-name-${n % 50}`]: 'v'.repeat(n % 90),
    })
    const small = async (n: number) => {
      const answer = await engine.fetch({ ':method': 'POST', ...request(`/s/${n}`, n) }, `body ${n}`)
      return (
        answer.status === 200 &&
        answer.headers['x-path'] === `/s/${n}` &&
        answer.headers['x-n'] === `${n}` &&
        answer.body.toString() === `body ${n}`
      )
    }
    for (let n = 0; n < 20; n++) t.ok(await small(n))
    const isPost = what === 'blocked with a body under way'
    const altered = await engine.fetch(
      { ...request('/altered', 7), ...(isPost ? { ':method': 'POST' } : {}) },
      isPost ? randomBytes(200_000) : undefined,
    )
    const { status, headers, body } = altered
    if (what.startsWith('blocked'))
      t.match({ status, headers, body: body.toString() }, { status: 403, headers: { 'content-type': 'text/plain' }, body: 'no' })
    else if (what === 'edited') t.match(headers, { 'x-path': '/edited', 'x-n': 'new', 'x-host': 'b.example' })
    else if (what === 'response edited') t.match({ status, headers }, { status: 201, headers: { 'x-path': 'edited' } })
    else t.match({ status, body: body.toString() }, { status: 403, body: 'replaced' })
    t.notOk('connection' in headers)
    for (let n = 0; n < 1_000; n += 50) {
      const good = await Promise.all(Array.from({ length: 50 }, (_, i) => small(n + i)))
      if (good.includes(false)) t.fail(`streams ${n} to ${n + 49}`)
    }
    t.equal(engine.recorder.violations.length, 0)
    t.equal(engine.recorder.ends.length, 1_021)
    t.equal(
      engine.recorder.ends.filter((end) => !end.endsWith(':completed')).length,
      what === 'edited' || what === 'response edited' ? 0 : 1,
    )
    t.equal(engine.ended, undefined)
  })
}

t.test('a verdict that comes later', async (t) => {
  let asked = 0
  const engine = await Http2Engine.start({
    verdicts: {
      request: (_exchange, head) => (head.target === '/slow' && asked++ < 2 ? { kind: 'wait' } : undefined),
    },
  })
  t.teardown(() => engine.close())
  serve(engine)
  t.equal((await engine.fetch({ ':path': '/a' })).status, 200)
  const slow = engine.fetch({ ':path': '/slow', 'x-n': '1', ':method': 'POST' }, 'slow body')
  const behind = engine.fetch({ ':path': '/behind', 'x-n': '2' })
  for (let resumes = 0; resumes < 2; resumes++) {
    await delay(30)
    engine.relay?.resume(0)
  }
  t.match(await slow, { status: 200, headers: { 'x-path': '/slow' }, body: Buffer.from('slow body') })
  t.match(await behind, { status: 200, headers: { 'x-path': '/behind' } })
  t.equal(asked, 3)
})

t.test('our own answers stay within the client’s windows, beside a download', async (t) => {
  const engine = await Http2Engine.start({
    verdicts: { request: (_e, head) => (head.target === '/blocked' ? blocked('x'.repeat(100_000)) : undefined) },
  })
  t.teardown(() => engine.close())
  const payload = randomBytes(4_000_000)
  engine.origin.on('stream', (stream) => {
    stream.respond({ ':status': 200 })
    stream.end(payload)
  })
  const download = engine.fetch({ ':path': '/download' })
  const answers = await Promise.all(Array.from({ length: 8 }, () => engine.fetch({ ':path': '/blocked' })))
  for (const answer of answers) t.match({ status: answer.status, length: answer.body.length }, { status: 403, length: 100_000 })
  t.ok((await download).body.equals(payload))
  const again = await engine.fetch({ ':path': '/download' })
  t.ok(again.body.equals(payload))
  t.equal(engine.ended, undefined)
})

t.test('a field section above the limit is answered with 431, and the next request is not', async (t) => {
  const engine = await Http2Engine.start({ layer: { maxHeaderListSize: 2_000 } })
  t.teardown(() => engine.close())
  serve(engine)
  t.equal((await engine.fetch({ ':path': '/1', 'x-n': 'a' })).status, 200)
  t.equal((await engine.fetch({ ':path': '/2', 'x-long': 'y'.repeat(3_000), 'x-n': 'b' })).status, 431)
  for (let n = 0; n < 10; n++) t.match(await engine.fetch({ ':path': '/3', 'x-n': `b${n}` }), { status: 200, headers: { 'x-n': `b${n}` } })
  t.same(engine.recorder.violations, ['http2_header_list_too_large'])
})

t.test('table sizes that change', async (t) => {
  for (const size of [0, 100, 65_536, 1_000_000]) {
    const engine = await Http2Engine.start({
      verdicts: { request: (_e, head) => (head.target === '/blocked' ? blocked('no') : undefined) },
      client: { settings: { headerTableSize: size } },
      server: { settings: { headerTableSize: size } },
    })
    serve(engine)
    t.equal((await engine.fetch({ ':path': '/blocked' })).status, 403, `${size}: the first block on this connection is ours`)
    for (let n = 0; n < 30; n++) {
      if (n === 10) t.equal((await engine.fetch({ ':path': '/blocked', 'x-n': 'z' })).status, 403)
      if (n === 20) engine.client.settings({ headerTableSize: 50 })
      const answer = await engine.fetch({ ':path': `/${n}`, 'x-n': `${n}` })
      if (answer.headers['x-n'] !== `${n}`) t.fail(`${size}: ${n}`)
    }
    t.same(engine.recorder.violations, [])
    await engine.close()
  }
})
