/** SidecarServer: a gRPC client over a Unix socket and over loopback: events, calls, refusals, bounds, ends. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import t, { type Test } from 'tap'
import { AggregatorService } from '../../../src/aggregator/aggregator-service.ts'
import type { AggregatorReport, ReloadAnswer, SidecarOptions } from '../../../src/shared/aggregator-protocol.ts'
import { SCHEMA_VERSION } from '../../../src/shared/events/schema.ts'
import { EVENTS_PROTO } from '../../../src/shared/events/schema-files.ts'
import { AggregatorHarness, until } from '../../support/harnesses/aggregator-harness.ts'
import { shortDirectory } from '../../support/short-directory.ts'

t.setTimeout(600_000)

const definition = loadSync(EVENTS_PROTO, { keepCase: true, longs: String, enums: String, oneofs: true })
const Sidecar = grpc.makeGenericClientConstructor(definition[`soth.mitm.v${SCHEMA_VERSION}.Sidecar`] as grpc.ServiceDefinition, 'Sidecar')

type Message = Record<string, unknown>

/** The paths of test directories are too long for a socket. */
async function start(t: Test, options: Partial<SidecarOptions> = {}) {
  const harness = new AggregatorHarness({ capacity: 1_048_576 })
  const reports: AggregatorReport[] = []
  let reload: ReloadAnswer = { rules: 3 }
  const service: AggregatorService = new AggregatorService(
    harness.data({ sidecar: { listen: `unix:${join(shortDirectory(t), 's')}`, clients: 4, queue: 1_000, ...options } }),
    (report) => {
      reports.push(report)
      if (report.type === 'ask') {
        const revoked = report.question.kind === 'revoke' ? 1 : 0
        const bypass = { client: '192.0.2.1', host: 'a.example', origin: 'learned', learnedAtMs: 5, expiresAtMs: 9 } as const
        void service.execute({ type: 'answer', request: report.request, answer: { revoked, bypasses: [bypass] } })
      }
      if (report.type === 'reload') void service.execute({ type: 'reloaded', request: report.request, answer: reload })
    },
  )
  await service.start()
  t.teardown(() => service.execute({ type: 'close' }))
  const [started] = reports
  if (started?.type !== 'started' || started.sidecarAddress === undefined) throw new Error(`not started: ${JSON.stringify(reports)}`)
  const address = started.sidecarAddress
  return { harness, service, address, connect: () => connect(t, address), answerReload: (answer: ReloadAnswer) => (reload = answer) }
}

function connect(t: Test, address: string) {
  const client = new Sidecar(address, grpc.credentials.createInsecure())
  t.teardown(() => client.close())
  const method = (name: string) => client[name]?.bind(client) as unknown as (...given: unknown[]) => unknown
  const ask = (name: string, request: Message = {}) =>
    new Promise<Message>((resolve, reject) => {
      method(name)(request, (error: Error | null, reply: Message) => (error === null ? resolve(reply) : reject(error)))
    })
  const subscribe = async (request: Message = {}) => {
    const call = method('Subscribe')(request) as grpc.ClientReadableStream<Message>
    const events: Message[] = []
    let end: grpc.StatusObject | undefined
    call.on('data', (event: Message) => events.push(event))
    call.on('error', () => undefined)
    call.on('status', (status) => {
      end = status
    })
    await new Promise<void>((resolve) => {
      call.once('metadata', () => resolve())
      call.once('status', () => resolve())
    })
    return { call, events, end: () => end }
  }
  return { ask, subscribe }
}

t.test('events as protobuf, filtered; over a Unix socket', async (t) => {
  const { harness, connect, service, address } = await start(t)
  const client = connect()
  const all = await client.subscribe()
  const some = await client.subscribe({ events: ['response_headers'], hosts: ['.example'], protocols: ['http1'], flow_id: 'test-2' })
  for (const number of [1, 2]) harness.exchange(harness.open(number), 1, 0)
  await until(() => all.events.length === 10 && some.events.length === 1, 'all came')
  const request = all.events.find((event) => event['event'] === 'request_headers' && event['flow_id'] === 'test-1')
  t.match(request, { event: 'request_headers', flow_id: 'test-1', flow_seq: 2, protocol: 'PROTOCOL_HTTP1', server_port: 443 })
  t.match(request?.['request_headers'], {
    method: 'GET',
    fields: { lines: [{ name: 'Host' }, { name: 'Cookie', value: '[redacted]' }] },
  })
  t.match(some.events[0], { flow_id: 'test-2', response_headers: { status: 200 } })
  await service.execute({ type: 'close' })
  await until(() => all.end() !== undefined, 'the stream has ended')
  t.match(all.end(), { code: grpc.status.OK })
  t.notOk(existsSync(address.replace('unix:', '')), 'the socket is gone')
})

t.test('calls; over loopback', async (t) => {
  const { harness, connect, address, answerReload } = await start(t, { listen: '127.0.0.1:0' })
  t.match(address, /^127\.0\.0\.1:[1-9]/)
  const { ask } = connect()
  for (const number of [1, 2, 3]) harness.open(number)
  t.match(await ask('Flows', { limit: 2 }), {
    open: 3,
    flows: [{ flow_id: 'test-1', protocol: 'http1', next_flow_seq: 2 }, { flow_id: 'test-2' }],
  })
  t.match(await ask('Health'), { state: 'starting', version: '0.0.0', instance: 'test' })
  t.match(await ask('Bypasses'), { bypasses: [{ host: 'a.example', origin: 'learned', expires_unix_ms: 9 }] })
  t.match(await ask('RevokeBypass', { host: 'a.example' }), { revoked: 1 })
  t.match(await ask('Reload'), { rules: 3 })
  answerReload({ problem: 'config.yaml:3: no' })
  await t.rejects(ask('Reload'), { code: grpc.status.INVALID_ARGUMENT, details: 'config.yaml:3: no' })
  await t.rejects(ask('RevokeBypass'), { code: grpc.status.INVALID_ARGUMENT, details: /which host/ })
  await t.rejects(ask('Flows', { limit: 1_001 }), { code: grpc.status.INVALID_ARGUMENT })
})

t.test('who is not served is told why', async (t) => {
  const { connect } = await start(t, { clients: 1 })
  const { subscribe } = connect()
  const wrong = await subscribe({ events: ['sse_evnt'] })
  await until(() => wrong.end() !== undefined, 'it has ended')
  t.match(wrong.end(), { code: grpc.status.INVALID_ARGUMENT, details: /did you mean "sse_event"/ })
  const first = await subscribe()
  const second = await subscribe()
  await until(() => second.end() !== undefined, 'it has ended')
  t.match(second.end(), { code: grpc.status.RESOURCE_EXHAUSTED })
  first.call.cancel()
  await until(async () => (await subscribe()).end() === undefined, 'a subscriber that is gone makes room')
})

t.test('a subscriber that stands still loses its own events, and is told how many', async (t) => {
  const { harness, connect } = await start(t)
  const slow = await connect().subscribe({ queue: 50 })
  const quick = await connect().subscribe()
  slow.call.pause()
  const rounds = 20
  const perRound = 500
  for (let round = 1; round <= rounds; round++) {
    const flow = harness.open(round)
    for (let exchange = 0; exchange < perRound; exchange++) harness.request(flow, 1, exchange)
    await until(() => quick.events.length === round * (perRound + 2), 'the quick one has all')
  }
  slow.call.resume()
  const lost = () =>
    slow.events.reduce((sum, event) => sum + Number((event['events_dropped'] as { count?: number } | undefined)?.count ?? 0), 0)
  const notices = () => slow.events.filter(({ event }) => event === 'events_dropped').length
  await until(() => slow.events.length - notices() + lost() === rounds * (perRound + 2), 'what came and what was lost make the whole')
  t.ok(lost() > 0, `${lost()} lost`)
})

t.test('an address that is taken', async (t) => {
  const { address } = await start(t)
  const reports: AggregatorReport[] = []
  const second = new AggregatorService(new AggregatorHarness().data({ sidecar: { listen: address, clients: 1, queue: 1 } }), (report) =>
    reports.push(report),
  )
  await second.start()
  t.match(reports, [
    { type: 'failed', failure: { code: 'sidecar_unavailable', what: /EADDRINUSE/, where: address, remedy: /sidecar.listen/ } },
  ])
})
