/** Mirror test of `src/acceptor/shards/shard-gateway.ts`: both gateways, on shards that only take note. */

import type { Socket } from 'node:net'
import t from 'tap'
import { EMFILE } from '../../../src/acceptor/descriptor.ts'
import { InlineGateway, ThreadGateway } from '../../../src/acceptor/shards/shard-gateway.ts'
import type { ShardPool } from '../../../src/acceptor/shards/shard-pool.ts'
import { AcceptorCounters } from '../../../src/shared/counters/acceptor-counters.ts'
import { allocateCounters } from '../../../src/shared/counters/counters-view.ts'
import type { ShardMessage, Ticket } from '../../../src/shared/ticket.ts'
import { socketPair } from '../../support/socket-pair.ts'

const TICKET = { host: 'a.example', port: 443 } as Omit<Ticket, 'descriptor'>

function fakePool(loads: readonly number[]) {
  const posted: string[] = []
  const pool = {
    size: loads.length,
    load: (shard: number) => loads[shard] ?? -1,
    post: (shard: number, ticket: Ticket) => posted.push(`${shard} ${ticket.host} ${ticket.descriptor}`),
    broadcast: (message: ShardMessage) => posted.push(message.kind),
    close: () => Promise.resolve(void posted.push('closed')),
  }
  return { posted, pool: pool as unknown as ShardPool }
}

t.test('threads: the duplicate goes, the original is closed', async (t) => {
  const { posted, pool } = fakePool([0])
  const gateway = new ThreadGateway(pool, () => 77)
  const { near, far } = await socketPair()
  t.teardown(() => far.destroy())
  t.equal(gateway.handOff(near, TICKET), 'handed_off')
  t.ok(near.destroyed)
  t.equal(gateway.handOff(near, TICKET), 'gone', 'a socket without a descriptor')
  gateway.broadcast({ kind: 'drain', deadlineMs: 1 })
  await gateway.close()
  t.same(posted, ['0 a.example 77', 'drain', 'closed'])
})

t.test('threads: what can fail', async (t) => {
  const { near, far } = await socketPair()
  t.teardown(() => {
    near.destroy()
    far.destroy()
  })
  t.equal(new ThreadGateway(fakePool([-1, -1]).pool, () => 77).handOff(near, TICKET), 'no_shard')
  t.equal(new ThreadGateway(fakePool([0]).pool, () => EMFILE).handOff(near, TICKET), 'no_descriptor')
  t.equal(new ThreadGateway(fakePool([0]).pool, () => -9).handOff(near, TICKET), 'gone')
  t.notOk(near.destroyed, 'still the caller’s')
  t.equal(new ThreadGateway(fakePool([3, -1, 4]).pool, () => 77).sessions, 7)
})

t.test('inline: the socket itself changes hands, and is counted', async (t) => {
  const took: string[] = []
  const shard = {
    size: 5,
    adoptSocket: (ticket: Ticket, _socket: Socket) => void took.push(`${ticket.host} ${ticket.descriptor}`),
    receive: (message: ShardMessage) => void took.push(message.kind),
    close: () => void took.push('closed'),
  }
  const counters = new AcceptorCounters(allocateCounters(1))
  const gateway = new InlineGateway(shard, counters)
  const { near, far } = await socketPair()
  t.equal(gateway.handOff(near, TICKET), 'handed_off')
  t.notOk(near.destroyed)
  t.equal(counters.load(1), 1)
  t.equal(gateway.sessions, 5)
  gateway.broadcast({ kind: 'drain', deadlineMs: 1 })
  await gateway.close()
  t.same(took, ['a.example -1', 'drain', 'closed'])
  near.destroy()
  far.destroy()
})
