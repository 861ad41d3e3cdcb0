/** FlowTable: bounded, oldest out first; exchanges per flow are bounded too. */

import t from 'tap'
import { FlowTable } from '../../../src/aggregator/flows/flow-table.ts'
import { FLOW_OPEN_EXCHANGES } from '../../../src/shared/limits/aggregator.ts'

const ADDRESSES = { client_addr: '[2001:db8::1]:5', server_host: 'quo"te.example', server_port: 443 }

t.test('opens, finds, closes; ids carry the instance', (t) => {
  const table = new FlowTable('engine', 10)
  const flow = table.open(42, ADDRESSES)
  t.equal(flow.id, 'engine-42')
  t.same(flow.context, { flow_id: 'engine-42', ...ADDRESSES })
  t.equal(table.find(42), flow)
  table.close(42)
  t.equal(table.find(42), undefined)
  t.equal(table.size, 0)
  table.close(42)
  t.end()
})

t.test('beyond the limit the oldest goes, counted; one that closed before leaves its room', (t) => {
  const table = new FlowTable('i', 3)
  for (const number of [1, 2, 3]) table.open(number, ADDRESSES)
  table.open(2, { ...ADDRESSES, server_port: 8443 })
  t.equal(table.evictions, 0, 'a known flow takes no room')
  t.equal(table.find(2)?.context.server_port, 8443)
  table.open(4, ADDRESSES)
  t.equal(table.find(1), undefined)
  table.close(3)
  table.open(5, ADDRESSES)
  t.equal(table.evictions, 1)
  t.same(
    table.list(10).map((flow) => flow.number),
    [2, 4, 5],
  )
  t.same(
    table.list(2).map((flow) => flow.number),
    [2, 4],
  )
  t.end()
})

t.test('a million flows leave a table of its limit', (t) => {
  const table = new FlowTable('i', 100)
  for (let number = 1; number <= 1_000_000; number++) table.open(number, ADDRESSES)
  t.equal(table.size, 100)
  t.equal(table.evictions, 999_900)
  t.end()
})

t.test('an unknown flow has an id and is not remembered', (t) => {
  const table = new FlowTable('i', 10)
  t.match(table.unknown(9).context, { flow_id: 'i-9', client_addr: '', server_host: '', server_port: 0 })
  t.equal(table.size, 0)
  t.end()
})

t.test('flows of a worker; exchanges are bounded', (t) => {
  const table = new FlowTable('i', 10)
  const flow = table.open(1, ADDRESSES)
  flow.worker = 2
  table.open(2, ADDRESSES).worker = 1
  t.same(table.ofWorker(2), [flow])
  for (let stream = 0; stream < FLOW_OPEN_EXCHANGES + 5; stream++) flow.openExchange(stream, 'http2', true)
  t.equal(flow.exchanges?.size, FLOW_OPEN_EXCHANGES)
  flow.closeExchange(0)
  flow.closeExchange(123_456)
  t.equal(flow.exchanges?.size, FLOW_OPEN_EXCHANGES - 1)
  t.end()
})

t.test('the engine’s own flow takes no room, is not listed, and never closes', (t) => {
  const table = new FlowTable('i', 1)
  const engine = table.open(0, ADDRESSES)
  t.equal(engine.id, 'i-0')
  table.open(1, ADDRESSES)
  table.open(0, { ...ADDRESSES, client_addr: '10.0.0.1' })
  table.close(0)
  t.equal(table.find(0), engine)
  t.equal(engine.context.client_addr, '10.0.0.1')
  t.equal(table.size, 1)
  t.equal(table.evictions, 0)
  t.same(
    table.list(9).map(({ number }) => number),
    [1],
  )
  t.same(table.ofWorker(0).length, 1)
  t.end()
})
