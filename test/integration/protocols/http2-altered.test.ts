/**
 * One stream among many is blocked, another edited, by policy: the others do not notice, and 1,000 further streams on the same
 * connection are read correctly by a real nginx and by node:http2.
 */

import { constants } from 'node:http2'
import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { answerOf } from '../../support/harnesses/http2-engine.ts'
import { closed, openHttp2, startHttp2Origin } from '../../support/origins/http2-origin.ts'
import { startNginx } from '../../support/origins/nginx-origin.ts'
import { lacks, runCommand } from '../../support/run-command.ts'

t.setTimeout(600_000)

const STREAMS = 100
const FURTHER = 1_000
const AT_ONCE = 50

const rules: NonNullable<EngineOptionsInput['rules']> = [
  { name: 'blocked', match: { host: 'localhost', path: '/blocked' }, action: 'block', status: 451, body: 'not this one' },
  {
    name: 'edited',
    match: { host: 'localhost', path: '/edited' },
    action: 'intercept',
    edit: { request: { set: { 'x-edited': 'by the engine' } }, response: { set: { 'x-told': 'yes' } } },
  },
]

/** Fields that fill the table with something that every stream shares, and something that none does. */
function ask(client: Awaited<ReturnType<typeof openHttp2>>, path: string, n: number) {
  const fields = { ':path': path, 'x-n': `number ${n}`, 'user-agent': 'altered/1.0', accept: '*/*', cookie: `a=${n % 7}; b=shared` }
  return answerOf(client.request(fields))
}

async function run(t: Test, port: number): Promise<void> {
  const harness = await EngineHarness.start(t, { workers: 1, rules })
  const client = await openHttp2(harness, port)
  const paths = Array.from({ length: STREAMS }, (_, n) => (n === 40 ? '/blocked' : n === 60 ? '/edited' : `/${n}`))
  const answers = await Promise.all(paths.map((path, n) => ask(client, path, n)))
  for (const [n, { status, body, headers }] of answers.entries()) {
    const path = paths[n] as string
    const text = body.toString()
    if (path === '/blocked') t.equal(`${status} ${text}`, '451 not this one')
    else if (path === '/edited') t.equal(`${status} ${text} ${headers['x-told']}`, `200 /edited number ${n} by the engine yes`)
    else if (status !== 200 || text !== `${path} number ${n} `) t.fail(`stream ${n}: ${status} ${text}`)
  }
  let wrong = 0
  for (let from = 0; from < FURTHER; from += AT_ONCE) {
    const further = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => ask(client, `/further/${from + n}`, from + n)))
    for (const [n, { body }] of further.entries()) if (body.toString() !== `/further/${from + n} number ${from + n} `) wrong++
  }
  t.equal(wrong, 0, `${FURTHER} further streams are read correctly`)
  await closed(client)
  await harness.checkLaws(t, 1)
  const ends = harness.exchangeEnds()
  t.equal(ends.length, STREAMS + FURTHER)
  t.equal(ends.filter(({ close_reason }) => close_reason === 'blocked').length, 1)
  t.equal(ends.filter(({ close_reason }) => close_reason === 'completed').length, STREAMS + FURTHER - 1)
  t.match(harness.named('connect_decision').at(-1), { decision: 'block', rule: 'blocked', phase: 'request', stream_id: 81 })
}

t.test('at node:http2', async (t) => {
  const origin = await startHttp2Origin(t, (stream, headers) => {
    if (headers[':path'] === '/blocked') stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    else {
      stream.respond({ ':status': 200, 'x-n': headers['x-n'] })
      stream.end(`${headers[':path']} ${headers['x-n']} ${headers['x-edited'] ?? ''}`)
    }
  })
  await run(t, origin.port)
})

t.test('at nginx', { skip: lacks('nginx', '-v') }, async (t) => run(t, await startNginx(t)))

t.test('uploads that are blocked get their answer at curl, larger than any window of theirs', { skip: lacks('curl') }, async (t) => {
  const origin = await startHttp2Origin(t, (stream) => stream.respond({ ':status': 200 }, { endStream: true }))
  const harness = await EngineHarness.start(t, { workers: 1, rules })
  const options = ['-s', '--http2', '-x', harness.proxyUrl, '--cacert', harness.caFile, '-w', '%{http_code} ']
  for (const octets of [1, 1_000, 100_000, 1_500_000]) {
    const request = ['--data-binary', '@-', `https://localhost:${origin.port}/blocked`]
    const { stdout } = await runCommand('curl', [...options, ...request], { input: 'x'.repeat(octets) })
    t.equal(stdout, 'not this one451 ', `${octets} octets`)
  }
  await harness.checkLaws(t, 4)
  t.ok(harness.exchangeEnds().every(({ close_reason }) => close_reason === 'blocked'))
})
