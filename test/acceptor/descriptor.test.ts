/** Mirror test of `src/acceptor/descriptor.ts`: a connection lives on in its duplicate. */

import { Socket } from 'node:net'
import t from 'tap'
import { EMFILE, loadDuplicate } from '../../src/acceptor/descriptor.ts'
import { descriptorOf, stopReading } from '../../src/shared/socket-handle.ts'
import { Received } from '../support/proxy-client.ts'
import { socketPair } from '../support/socket-pair.ts'

t.setTimeout(600_000)

const duplicate = loadDuplicate()

t.test('dup', { skip: typeof duplicate === 'string' && duplicate }, async (t) => {
  if (typeof duplicate === 'string') return
  const { near, far } = await socketPair()
  stopReading(near)
  const copy = duplicate(descriptorOf(near))
  t.ok(copy > 2)
  near.destroy()
  const adopted = new Received(new Socket({ fd: copy, readable: true, writable: true, allowHalfOpen: true }))
  const other = new Received(far)
  far.write('to the copy')
  await adopted.has('to the copy')
  adopted.socket.end('back')
  await other.has('back')
  far.end()
  await adopted.over()
  t.ok(duplicate(-1) < 0, 'an error is a negative number')
  t.not(duplicate(-1), EMFILE)
})
