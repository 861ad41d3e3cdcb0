/**
 * The engine as a process of its own under stress: counts the terminal events that it tells, and can kill one of its workers.
 * argv: JSON of the engine's options.
 */

import type { Worker } from 'node:worker_threads'
import { serve } from '../../../bench/support/child.ts'
import { createEngine } from '../../../src/index.ts'

/** Threads in the order of their start: the aggregator, then the shards. */
const threads: Worker[] = []
process.on('worker', (worker) => threads.push(worker))

const engine = createEngine(JSON.parse(process.argv[2] ?? '{}'), {
  log: (level, message) => void (level === 'info' || process.stderr.write(`engine ${level}: ${message}\n`)),
})
/** By `flow` or `exchange`, and reason. */
const ends: Record<string, number> = {}
let dropped = 0
engine.subscribe(
  { events: ['stream_closed', 'events_dropped'] },
  (event) => {
    if (event.event === 'events_dropped') dropped += event.count ?? 0
    else if (event.event === 'stream_closed') {
      const key = `${event.exchange === undefined ? 'flow' : 'exchange'} ${event.close_reason}`
      ends[key] = (ends[key] ?? 0) + 1
    }
  },
  { queue: 1_000_000 },
)
const started = await engine.start()
serve(
  { port: Number(started.listen[0]?.split(':')[1]), ca: started.ca.certPath },
  {
    stats: async () => {
      await engine.flush()
      return { ends, dropped }
    },
    kill: () => threads[1]?.terminate(),
    close: () => engine.close(),
  },
)
