/**
 * The long-running Piscina task of one shard: builds its context, takes tickets from its port, and ends when the port
 * closes. Worker thread; the entry that the acceptor knows the URL of. Thin on purpose: coverage does not see worker code.
 */

import type { ShardStart } from '../shared/shard-start.ts'
import type { ShardMessage } from '../shared/ticket.ts'
import { buildShardContext, publishGauges } from './build-shard-context.ts'
import { Shard } from './shard.ts'

export default function shardTask(start: ShardStart): Promise<void> {
  const { port } = start
  // A shard's log goes to the process's standard error, like that of the main thread: it is for failures of our own.
  const context = buildShardContext(
    start,
    (level, message) => console.error(`soth-mitm worker ${start.worker} ${level}: ${message}`),
    (report) => port.postMessage(report),
  )
  const shard = new Shard(context)
  const stopGauges = publishGauges(context.counters)
  return new Promise((resolve) => {
    port.on('message', (message: ShardMessage) => shard.receive(message))
    port.once('close', () => {
      shard.close()
      stopGauges()
      resolve()
    })
    port.postMessage('ready')
  })
}
