/** The field `x-soth-fault`: a client asks for a fault of its own exchange where a rule lets it, and the origin never sees the field. */

import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import t, { type Test } from 'tap'
import { ProxyAgent, request } from 'undici'
import { ProfileLibrary } from '../../../src/shared/faults/profiles/profile-library.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { closed, openHttp2, startHttp2Origin } from '../../support/origins/http2-origin.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

// Processes, waits of seconds, and a machine that may be busy.
t.setTimeout(600_000)

async function surroundings(t: Test, rules: readonly object[]) {
  const seen: IncomingHttpHeaders[] = []
  const origin = await startHttpsOrigin((request, response) => {
    seen.push(request.headers)
    request.resume().on('end', () => response.end('served'))
  })
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { rules: [...rules] } as never)
  const dispatcher = new ProxyAgent({ uri: harness.proxyUrl, requestTls: { ca: harness.caPem } })
  t.teardown(() => dispatcher.destroy())
  const ask = async (fault: string, path = '/x') => {
    const url = `https://localhost:${origin.port}${path}`
    const { statusCode, headers, body } = await request(url, { dispatcher, headers: { 'x-soth-fault': fault, 'x-other': 'kept' } })
    return { status: statusCode, headers, text: await body.text() }
  }
  return { harness, ask, seen, dispatcher }
}

t.test('where a rule lets it', async (t) => {
  const { harness, ask, seen, dispatcher } = await surroundings(t, [{ name: 'tests', match: { host: 'localhost' }, fault_headers: true }])
  const overloaded = await ask('anthropic:529')
  t.match(overloaded, { status: 529, headers: { 'request-id': 'req_sothmitm_fault_529' }, text: /overloaded_error/ })
  t.match(await ask('anthropic:528'), { status: 400, text: /fault_not_understood.*\\"anthropic:528\\" is no fault/ })
  t.equal(seen.length, 0, 'the origin was not asked')
  t.match(await ask('anthropic:529@0'), { status: 200, text: 'served' })
  t.match(seen, [{ 'x-other': 'kept' }])
  t.notOk('x-soth-fault' in (seen[0] ?? {}))
  await dispatcher.close()
  await harness.checkLaws(t, 1)
  t.match(harness.named('fault_injected'), [
    { rule: 'x-soth-fault', kind: 'respond', profile: 'anthropic:529', applied: { status: 529 } },
    { rule: 'x-soth-fault', kind: 'respond', applied: { status: 400 } },
  ])
})

t.test('every response of every profile reaches a client as its file has it', async (t) => {
  const { ask, seen, harness } = await surroundings(t, [{ match: { host: 'localhost' }, fault_headers: true }])
  const library = new ProfileLibrary()
  const references = library.names.flatMap((name) => Object.keys(library.profile(name).entries).map((entry) => `${name}:${entry}`))
  let asked = 0
  for (const reference of references) {
    const [fault, ...more] = library.find(reference).faults
    if (fault?.kind !== 'respond' || more.length > 0 || fault.delay_ms > 0) continue
    asked++
    const { status, headers, text } = await ask(reference)
    t.equal(status, fault.status, reference)
    t.match(headers, fault.fields, `${reference}: fields`)
    t.equal(text, typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body), `${reference}: body`)
    t.equal(headers['content-length'], String(Buffer.byteLength(text)), `${reference}: length`)
  }
  t.ok(asked > 60, `${asked} of them`)
  t.equal(seen.length, 0, 'the origin was never asked')
  await harness.engine.flush()
  t.same([...new Set(harness.named('fault_injected').map(({ profile }) => profile))].length, asked)
})

t.test('on one stream of HTTP/2 among others', async (t) => {
  const seen: unknown[] = []
  const origin = await startHttp2Origin(t, (stream, headers) => {
    seen.push(headers['x-soth-fault'] ?? headers['x-other'])
    stream.respond({ ':status': 200 })
    stream.end('served')
  })
  const harness = await EngineHarness.start(t, { rules: [{ match: { host: 'localhost' }, fault_headers: true }] })
  const session = await openHttp2(harness, origin.port)
  const ask = async (fields: Record<string, string>) => {
    const stream = session.request({ ':path': '/x', 'x-other': 'kept', ...fields })
    const [headers] = (await once(stream, 'response')) as [{ ':status': number }]
    stream.resume()
    await once(stream, 'close')
    return headers[':status']
  }
  const fault = (text: string) => ask({ 'x-soth-fault': text })
  t.same(await Promise.all([ask({}), fault('anthropic:529'), fault('openai:429@0'), fault('none')]), [200, 529, 200, 400])
  t.same(seen, ['kept', 'kept'])
  await closed(session)
  await harness.checkLaws(t, 1)
})

t.test('only there: by path, and nowhere by default', async (t) => {
  const byPath = await surroundings(t, [{ match: { path: '/test/*' }, fault_headers: true }])
  t.match(await byPath.ask('anthropic:529', '/test/a'), { status: 529 })
  t.match(await byPath.ask('anthropic:529', '/other'), { status: 200 })
  t.match(byPath.seen, [{ 'x-soth-fault': 'anthropic:529' }], 'a field like any other')
  const off = await surroundings(t, [])
  t.match(await off.ask('anthropic:529'), { status: 200 })
  t.equal(off.harness.named('fault_injected').length, 0)
})
