/** isAbandonedSocket: what a killed process leaves, what is in use, and what is no socket. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { isAbandonedSocket } from '../../src/shared/abandoned-socket.ts'

t.setTimeout(600_000)

/** The paths of sockets take about 100 octets. */
function shortDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'soth-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  return directory
}

t.test('a live socket, a plain file, nothing', async (t) => {
  const directory = shortDirectory(t)
  const server = createServer().listen(join(directory, 'live'))
  await once(server, 'listening')
  writeFileSync(join(directory, 'file'), '')
  for (const name of ['live', 'file', 'absent', '.']) t.equal(await isAbandonedSocket(join(directory, name)), false, name)
  server.close()
})

t.test('the socket of a killed process', async (t) => {
  const path = join(shortDirectory(t), 'left')
  const listening = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`
  const child = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  t.equal(await isAbandonedSocket(path), false, 'while it lives')
  child.kill('SIGKILL')
  await ended
  t.equal(await isAbandonedSocket(path), true)
})
