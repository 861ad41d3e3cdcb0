/**
 * The entry of the aggregator thread: messages in, reports out. All else is `aggregator-service.ts`.
 *
 * Commands are carried out one after the other, in the order in which they came. Once closed, nothing keeps the thread's
 * event loop alive, and it ends.
 */

import { parentPort, workerData } from 'node:worker_threads'
import type { AggregatorCommand, AggregatorThreadData } from '../shared/aggregator-protocol.ts'
import { invariant } from '../shared/assert.ts'
import { AggregatorService } from './aggregator-service.ts'

invariant(parentPort !== null, 'the aggregator runs in a worker thread')
const port = parentPort
const service = new AggregatorService(workerData as AggregatorThreadData, (report) => port.postMessage(report))

let previous = service.start()

port.on('message', (command: AggregatorCommand) => {
  previous = previous.then(async () => {
    if (!(await service.execute(command))) port.close()
  })
})
