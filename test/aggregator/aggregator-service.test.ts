/** AggregatorService: start failures by name, the NDJSON file, the admin server against the events, close. */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { AggregatorService } from '../../src/aggregator/aggregator-service.ts'
import type { AggregatorOptions, AggregatorReport } from '../../src/shared/aggregator-protocol.ts'
import { AcceptorCounters } from '../../src/shared/counters/acceptor-counters.ts'
import { AggregatorHarness, until } from '../support/harnesses/aggregator-harness.ts'
import { parseExposition } from '../support/recorders/parse-exposition.ts'

t.setTimeout(600_000)

function make(options: Partial<AggregatorOptions>) {
  const harness = new AggregatorHarness()
  const reports: AggregatorReport[] = []
  const service = new AggregatorService(harness.data(options), (report) => reports.push(report))
  return { harness, service, reports }
}

function adminUrl(reports: readonly AggregatorReport[]): string {
  const [started] = reports
  if (started?.type !== 'started' || started.adminAddress === undefined) throw new Error(`not started: ${JSON.stringify(reports)}`)
  return `http://${started.adminAddress.host}:${started.adminAddress.port}`
}

t.test('start failures say what, where and the remedy, in one line', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  t.teardown(() => taken.close())
  const inUse = `127.0.0.1:${(taken.address() as AddressInfo).port}`
  const directory = t.testdir()
  const events = { file: join(directory, 'no', 'such.ndjson'), rotateBytes: 65_536, rotateKeep: 1 }
  const table: readonly (readonly [Partial<AggregatorOptions>, code: string, what: RegExp, where: string, remedy: RegExp])[] = [
    [{ admin: inUse }, 'admin_address_in_use', /already in use/, inUse, /--admin/],
    [{ admin: 'nonsense' }, 'admin_address_invalid', /is no admin address/, 'nonsense', /host:port/],
    [{ admin: '192.0.2.1:0' }, 'admin_address_unavailable', /cannot listen/, '192.0.2.1:0', /--admin/],
    [{ events }, 'events_file_unwritable', /cannot write events/, events.file, /--events/],
  ]
  for (const [options, code, what, where, remedy] of table) {
    const { service, reports } = make(options)
    await service.start()
    t.match(reports, [{ type: 'failed', failure: { code, what, where, remedy } }], code)
    t.notMatch(JSON.stringify(reports), '\\n', 'one line')
  }
})

t.test('/metrics, /flows and the file tell the same, to the request', async (t) => {
  const path = join(t.testdir(), 'events.ndjson')
  const { harness, service, reports } = make({ admin: '127.0.0.1:0', events: { file: path, rotateBytes: 1_000_000, rotateKeep: 1 } })
  await service.start()
  const url = adminUrl(reports)
  t.equal((await fetch(`${url}/readyz`)).status, 503)
  new AcceptorCounters(harness.counters).setState('ready')
  t.equal((await fetch(`${url}/readyz`)).status, 200)

  for (let number = 1; number <= 20; number++) {
    const flow = harness.open(number)
    for (let exchange = 0; exchange < number; exchange++)
      harness.exchange(flow, 1 + (number % 2), exchange, { status: 200 + (number % 3) * 100 })
    if (number > 5) harness.close(flow, 1 + (number % 2))
  }
  // Nobody has polled since: the scrape does.
  const { value } = parseExposition(await (await fetch(`${url}/metrics`)).text())
  t.equal(value('soth_mitm_flows_open'), 5)
  const flows = (await (await fetch(`${url}/flows?limit=2`)).json()) as { open: number; flows: object[] }
  t.match(flows, {
    open: 5,
    flows: [{ flow_id: 'test-1', server_host: 'a.example', worker: 2, next_flow_seq: 5, open_exchanges: 0 }, { flow_id: 'test-2' }],
  })
  t.equal(flows.flows.length, 2)

  t.equal(await service.execute({ type: 'flush', request: 9 }), true)
  await until(() => reports.some((report) => report.type === 'done' && report.request === 9), 'it is flushed')
  const events = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const ended = events.filter((event) => event['event'] === 'stream_closed' && 'exchange' in event)
  for (const status of [200, 300, 400]) {
    t.equal(
      value('soth_mitm_requests_total', { protocol: 'http1', method: 'GET', status_class: `${status / 100}xx` }),
      ended.filter((event) => event['status'] === status).length,
    )
  }
  t.equal(value('soth_mitm_events_total', { event: 'request_headers' }), 210)
  t.equal(events.length, 20 * 2 + 210 * 3 + 15)
  t.equal(await service.execute({ type: 'close' }), false)
  await t.rejects(fetch(url))
})

t.test('golden lines', async (t) => {
  const path = join(t.testdir(), 'events.ndjson')
  const { harness, service } = make({ events: { file: path, rotateBytes: 1_000_000, rotateKeep: 1 } })
  await service.start()
  const flow = harness.open(1, { host: 'gr\u00fc\u00dfe "x".example' })
  harness.exchange(flow, 2, 0, { violation: 'http1_x' })
  harness.close(flow, 2)
  await service.execute({ type: 'close' })
  const base = (seq: number, worker: number) =>
    `"flow_id":"test-1","flow_seq":${seq},"time_unix_ms":${1_700_000_000_002 + seq},"time_mono_ns":"${(2 + seq) * 1e6}","worker":${worker},"client_addr":"192.0.2.1:5000","server_host":"grüße \\"x\\".example","server_port":443,"protocol":"http1"`
  t.same(readFileSync(path, 'utf8').split('\n'), [
    `{"schema":1,"event":"connect_received",${base(0, 0)},"method":"CONNECT","authority":"grüße \\"x\\".example:443"}`,
    `{"schema":1,"event":"connect_decision",${base(1, 0)},"decision":"intercept","rule":"default","phase":"connect"}`,
    `{"schema":1,"event":"request_headers",${base(2, 2)},"exchange":0,"method":"GET","path":"/","version":"HTTP/1.1","fields":[["Host","a.example"],["Cookie","[redacted]"]]}`,
    `{"schema":1,"event":"response_headers",${base(3, 2)},"exchange":0,"status":200,"version":"HTTP/1.1"}`,
    `{"schema":1,"event":"stream_closed",${base(4, 2)},"exchange":0,"close_reason":"completed","violation":"http1_x","status":200,"method":"GET","bytes_client":10,"bytes_origin":20,"duration_ms":20,"ttfb_ms":4}`,
    `{"schema":1,"event":"stream_closed",${base(5, 2)},"close_reason":"relay_eof","bytes_client":10,"bytes_origin":20}`,
    '',
  ])
})

t.test('close drains what lies in the rings; reopen without a file is nothing', async (t) => {
  const path = join(t.testdir(), 'events.ndjson')
  const { harness, service } = make({ events: { file: path, rotateBytes: 1_000_000, rotateKeep: 1 } })
  await service.start()
  await service.execute({ type: 'reopen' })
  for (let number = 1; number <= 50; number++) harness.close(harness.open(number), 0)
  await service.execute({ type: 'close' })
  t.equal(readFileSync(path, 'utf8').split('\n').length - 1, 150)
  const bare = make({})
  await bare.service.start()
  t.equal(await bare.service.execute({ type: 'reopen' }), true)
  await bare.service.execute({ type: 'close' })
})
