/**
 * A shard's task for tests of the pool: adopts tickets by counting them, says so, and does what their host names tell. A drain counts as a session that has ended.
 */

import { WorkerCounters } from '../../../src/shared/counters/worker-counters.ts'
import type { ShardStart } from '../../../src/shared/shard-start.ts'
import type { ShardMessage } from '../../../src/shared/ticket.ts'

/** How the task behaves, by the CA directory of its options, which the pool passes on unread. */
const FAILS_AT_START = 'fails-at-start'

export default function testShardTask(start: ShardStart): Promise<void> {
  if (start.options.ca_dir === FAILS_AT_START) throw new Error('cannot start')
  const counters = new WorkerCounters(start.counters, start.worker)
  return new Promise((resolve) => {
    start.port.on('message', (message: ShardMessage) => {
      if (message.kind === 'drain') counters.add('ended')
      if (message.kind !== 'ticket') return
      const { host } = message.ticket
      if (host === 'die') process.exit(1)
      counters.add('adopted')
      if (host === 'short') counters.add('ended')
    })
    start.port.once('close', () => resolve())
    start.port.postMessage('ready')
  })
}
