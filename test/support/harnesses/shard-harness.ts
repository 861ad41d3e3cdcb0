/** ShardHarness: a real shard on this thread, with a ring of its own that the test reads; tickets for sockets of the test's. */

import type { Socket } from 'node:net'
import { AcceptorCounters } from '../../../src/shared/counters/acceptor-counters.ts'
import { allocateCounters, CountersView } from '../../../src/shared/counters/counters-view.ts'
import type { EventOf, SothEvent } from '../../../src/shared/events/event.ts'
import { RecordReader } from '../../../src/shared/events/record/record-reader.ts'
import { allocateFaultCounters } from '../../../src/shared/faults/fault-counters.ts'
import { faultSlots } from '../../../src/shared/faults/rule-fault.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { Policy } from '../../../src/shared/policy/policy.ts'
import { policyImage } from '../../../src/shared/policy/policy-image.ts'
import { Doorbell } from '../../../src/shared/ring/doorbell.ts'
import { RingConsumer } from '../../../src/shared/ring/ring-consumer.ts'
import { allocateRing } from '../../../src/shared/ring/ring-memory.ts'
import { threadOrigin } from '../../../src/shared/ring/time-origin.ts'
import type { ShardStart } from '../../../src/shared/shard-start.ts'
import type { Ticket } from '../../../src/shared/ticket.ts'
import { buildShardContext } from '../../../src/workers/build-shard-context.ts'
import { Shard } from '../../../src/workers/shard.ts'
import { createAuthority } from '../../../src/workers/tls/ca/create-authority.ts'
import { ORIGIN_ROOT } from '../test-origin.ts'

const authority = createAuthority(Date.now())

export class ShardHarness {
  readonly shard: Shard
  readonly view: CountersView
  readonly logged: string[] = []
  /** What was reported to the main thread. */
  readonly reports: unknown[] = []
  /** What the shard began with. */
  readonly start: Omit<ShardStart, 'port'>
  readonly caPem = authority.material.certificatePem
  readonly #consumer: RingConsumer
  readonly #reader: RecordReader
  readonly #events: SothEvent[] = []
  readonly #policy: Policy
  #flows = 0

  constructor(input: EngineOptionsInput = {}) {
    const ring = allocateRing(1_048_576, threadOrigin())
    const counters = allocateCounters(1)
    this.view = new CountersView(counters)
    this.#consumer = new RingConsumer(ring, 1)
    this.#reader = new RecordReader(ring, 1, new Set())
    const options = parseOptions(input)
    this.#policy = new Policy(policyImage(options))
    const start = {
      worker: 1,
      options,
      policy: policyImage(options),
      ring,
      doorbell: new Doorbell().memory,
      counters,
      ca: authority.material,
      ticketSecret: new Uint8Array(32),
      faults: allocateFaultCounters(faultSlots(options.rules), Date.now()),
      trustAnchorsPem: ORIGIN_ROOT.certificatePem,
      clientIdentities: [],
      self: { ports: [], addresses: [], names: [] },
      proxyAddress: '127.0.0.1:8080',
    }
    this.start = start
    new AcceptorCounters(counters).setState('ready')
    this.shard = new Shard(
      buildShardContext(
        start,
        (level, message) => void this.logged.push(`${level}: ${message}`),
        (report) => void this.reports.push(report),
      ),
    )
  }

  ticket(host: string, port: number, overrides: Partial<Ticket> = {}): Ticket {
    return {
      descriptor: -1,
      flow: ++this.#flows,
      flowSeq: 2,
      kind: 'connect',
      host,
      port,
      clientAddress: '192.0.2.1:5000',
      clientIp: '192.0.2.1',
      decision: this.#policy.decideConnect({ host, port, client: '192.0.2.1', nowMs: 0 }),
      refusalFormat: 'text',
      unread: undefined,
      ...overrides,
    }
  }

  adopt(socket: Socket, host: string, port: number, overrides: Partial<Ticket> = {}): void {
    this.shard.adoptSocket(this.ticket(host, port, overrides), socket)
  }

  /** Everything that has been told so far. */
  get events(): readonly SothEvent[] {
    const base = { flow_id: 'f', client_addr: '192.0.2.1:5000', server_host: 'a.example', server_port: 443 }
    this.#consumer.drain({
      onRecord: (_ring, type, start) => {
        this.#reader.read(type, start)
        if (this.#reader.isFlowContext) return
        const event = this.#reader.decode({ ...base, flow_id: `f${this.#reader.flow}` })
        if (event !== undefined) this.#events.push(event)
      },
    })
    return this.#events
  }

  /** `flow reason` of each flow's terminal event. */
  get ends(): string[] {
    return this.events
      .filter((event): event is EventOf<'stream_closed'> => event.event === 'stream_closed' && event.exchange === undefined)
      .map((event) => `${event.flow_id} ${event.close_reason}`)
  }
}
