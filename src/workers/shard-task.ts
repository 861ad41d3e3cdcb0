/**
 * The long-running Piscina task of one shard: builds its context, takes tickets from its port, and ends when the port
 * closes. Worker thread; the entry that the acceptor knows the URL of. Thin on purpose: coverage does not see worker code.
 */

import { CountersView } from '../shared/counters/counters-view.ts'
import type { ShardStart } from '../shared/shard-start.ts'
import type { ShardMessage } from '../shared/ticket.ts'
import { buildShardContext } from './build-shard-context.ts'
import { Shard } from './shard.ts'

export default function shardTask(start: ShardStart): Promise<void> {
  const context = buildShardContext(start)
  const shard = new Shard(context)
  const { port } = start
  return new Promise((resolve) => {
    port.on('message', (message: ShardMessage) => {
      switch (message.kind) {
        case 'ticket':
          shard.adopt(message.ticket)
          return
        case 'reload':
          shard.reload({ ...context, options: message.options })
          return
        case 'drain':
          shard.drain(message.deadlineMs)
          return
      }
    })
    port.once('close', () => {
      shard.close()
      resolve()
    })
    port.postMessage('ready')
  })
}
