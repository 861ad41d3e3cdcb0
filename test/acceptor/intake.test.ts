/** Mirror test of `src/acceptor/intake.ts` and `src/acceptor/acceptor.ts`: real sockets, a gateway that does what the test says. */

import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { Acceptor, type AcceptorOptions } from '../../src/acceptor/acceptor.ts'
import { Admitter } from '../../src/acceptor/admission.ts'
import { GentleCloser } from '../../src/acceptor/gentle-close.ts'
import type { IntakeContext } from '../../src/acceptor/intake-context.ts'
import type { HandOffResult } from '../../src/acceptor/shards/shard-gateway.ts'
import { AcceptorCounters } from '../../src/shared/counters/acceptor-counters.ts'
import { allocateCounters, CountersView } from '../../src/shared/counters/counters-view.ts'
import { parseOptions } from '../../src/shared/options/parse-options.ts'
import { Policy } from '../../src/shared/policy/policy.ts'
import { policyImage } from '../../src/shared/policy/policy-image.ts'
import { ProxyPage } from '../../src/shared/proxy-page/proxy-page.ts'
import { refusalSlot } from '../../src/shared/refusals/refusal-slots.ts'
import { SelfTargetGuard } from '../../src/shared/targets/self-target-guard.ts'
import type { Ticket } from '../../src/shared/ticket.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'
import { EventHarness } from '../support/harnesses/event-harness.ts'
import { openProxy } from '../support/proxy-client.ts'

t.setTimeout(600_000)

const CONNECT = 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n'

class Setup {
  readonly view: CountersView
  readonly events = new EventHarness()
  readonly handed: { socket: Socket; ticket: Omit<Ticket, 'descriptor'> }[] = []
  readonly acceptor: Acceptor
  readonly context: IntakeContext
  result: HandOffResult = 'handed_off'
  port = 0
  #flows = 0

  constructor(options: Partial<AcceptorOptions> = {}) {
    const memory = allocateCounters(1)
    this.view = new CountersView(memory)
    const engine = parseOptions({})
    this.acceptor = new Acceptor({ cap: 100, sessions: () => 0, descriptors: undefined, ...options })
    this.context = {
      options: engine,
      events: this.events.writer,
      counters: new AcceptorCounters(memory),
      owners: undefined,
      admitter: new Admitter({
        policy: new Policy(policyImage(engine)),
        authentication: undefined,
        page: new ProxyPage({ pem: 'PEM', der: new Uint8Array(1) }, '127.0.0.1:8080'),
        guard: new SelfTargetGuard([], []),
        isBypassed: () => false,
      }),
      closer: new GentleCloser(),
      nextFlow: () => ++this.#flows,
      gateway: {
        sessions: 0,
        handOff: (socket, ticket) => {
          this.handed.push({ socket, ticket })
          if (this.result === 'gone') socket.destroy()
          return this.result
        },
        broadcast: () => undefined,
        close: () => Promise.resolve(),
      },
    }
  }

  async listen(t: Test): Promise<this> {
    const bound = await this.acceptor.listen({ kind: 'tcp', host: '127.0.0.1', port: 0 })
    this.port = bound.kind === 'tcp' ? bound.port : 0
    t.teardown(() => {
      for (const { socket } of this.handed) socket.destroy()
      this.acceptor.close()
    })
    return this
  }

  refused(code: string): number {
    return this.view.refused(refusalSlot(code))
  }
}

t.test('a CONNECT is handed off with what came behind its head', async (t) => {
  const setup = await new Setup().listen(t)
  setup.acceptor.serve(setup.context)
  const client = openProxy(setup.port)
  t.teardown(() => client.socket.destroy())
  client.socket.write(`${CONNECT}unread`)
  await until(() => setup.handed.length === 1, 'it is handed off')
  const ticket = setup.handed[0]?.ticket
  t.match(ticket, { flow: 1, flowSeq: 2, kind: 'connect', host: 'a.example', port: 443, clientIp: '127.0.0.1', refusalFormat: 'text' })
  t.equal(Buffer.from(ticket?.unread ?? []).toString(), 'unread')
  t.same(
    setup.events.events().map((event) => `${event.flow_seq} ${event.event}`),
    ['0 connect_received', '1 connect_decision'],
  )
  t.equal(setup.view.active, 1)
})

t.test('a plain request is handed off whole', async (t) => {
  const setup = await new Setup().listen(t)
  setup.acceptor.serve(setup.context)
  const client = openProxy(setup.port)
  t.teardown(() => client.socket.destroy())
  const request = 'POST http://a.example/ HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nok'
  client.socket.write(request)
  await until(() => setup.handed.length === 1, 'it is handed off')
  t.match(setup.handed[0]?.ticket, { kind: 'plain', host: 'a.example', port: 80 })
  t.equal(Buffer.from(setup.handed[0]?.ticket.unread ?? []).toString(), request)
  t.equal(setup.handed[0]?.ticket.unread?.buffer.byteLength, request.length, 'in memory of its own')
})

for (const [result, status, code, reason] of [
  ['no_shard', 503, 'worker_unavailable', 'limit_exceeded'],
  ['no_descriptor', 503, 'session_limit', 'limit_exceeded'],
  ['gone', 0, '', 'client_reset'],
] as const) {
  t.test(`a hand-off that fails: ${result}`, async (t) => {
    const setup = await new Setup().listen(t)
    setup.result = result
    setup.acceptor.serve(setup.context)
    const client = openProxy(setup.port)
    client.socket.write(CONNECT)
    await client.over()
    if (status === 0) t.equal(client.text, '')
    else t.match(client.text, new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*${code}`))
    t.match(setup.events.events().at(-1), { event: 'stream_closed', close_reason: reason })
    if (code !== '') t.equal(setup.refused(code), 1)
    await until(() => setup.view.active === 0, 'nothing is left open')
  })
}

t.test('connections wait until there is something to serve them', async (t) => {
  const setup = await new Setup().listen(t)
  const early = openProxy(setup.port)
  early.socket.write('GET / HTTP/1.1\r\nHost: soth.mitm\r\n\r\n')
  await until(() => early.socket.remotePort !== undefined, 'it is connected')
  setup.acceptor.serve(setup.context)
  await early.over()
  t.match(early.text, /^HTTP\/1\.1 200 OK/)
})

t.test('the cap counts sessions and open intakes', async (t) => {
  let sessions = 1
  const setup = await new Setup({ cap: 3, sessions: () => sessions }).listen(t)
  setup.acceptor.serve(setup.context)
  const open = [openProxy(setup.port), openProxy(setup.port)]
  await until(() => setup.view.acceptor('accepted') === 2, 'two are in')
  const refused = openProxy(setup.port)
  refused.socket.write(CONNECT)
  await refused.over()
  t.match(refused.text, /^HTTP\/1\.1 503 [\s\S]*session_limit/)
  sessions = 0
  const taken = openProxy(setup.port)
  taken.socket.write(CONNECT)
  await until(() => setup.handed.length === 1, 'there is room again')
  for (const client of [...open, taken]) client.socket.destroy()
  t.equal(setup.refused('session_limit'), 1)
})

t.test('the number of a descriptor tells that the table is full', async (t) => {
  const setup = await new Setup({ descriptors: 8 }).listen(t)
  setup.acceptor.serve(setup.context)
  const refused = openProxy(setup.port)
  refused.socket.write(CONNECT)
  await refused.over()
  t.match(refused.text, /^(HTTP\/1\.1 503 [\s\S]*session_limit|$)/)
  t.equal(setup.refused('session_limit'), 1)
})

t.test('drain: who has sent no head, and who comes, gets a 503', async (t) => {
  const setup = await new Setup().listen(t)
  setup.acceptor.serve(setup.context)
  const headless = openProxy(setup.port)
  await until(() => setup.view.acceptor('accepted') === 1, 'it is in')
  setup.acceptor.drain()
  const late = openProxy(setup.port)
  for (const client of [headless, late]) {
    await client.over()
    t.match(client.text, /^HTTP\/1\.1 503 [\s\S]*draining/)
  }
  t.equal(setup.refused('draining'), 2)
  t.match(setup.events.events(), [{ event: 'stream_closed', close_reason: 'draining' }])
})
