/** ProviderDoor over a real socket: modes, wrong lines, rates, a file left behind, and what happens at the end. */

import { spawnSync } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ProviderDoor } from '../../../src/acceptor/providers/provider-door.ts'
import { PROVIDER_LINE_BYTES, PROVIDER_LINES_AT_ONCE } from '../../../src/shared/limits/providers.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { EventHarness } from '../../support/harnesses/event-harness.ts'
import { shortDirectory } from '../../support/short-directory.ts'

t.setTimeout(600_000)

const LINE = { provider: 'hudsucker', event: 'tls_handshake_succeeded', side: 'client', host: 'a.example', port: 443, client: '10.0.0.1:5' }

async function open(t: Test, path = join(shortDirectory(t), 'p.sock')) {
  const harness = new EventHarness({ capacity: 4_194_304 })
  const logged: string[] = []
  let flows = 0
  const door = new ProviderDoor({
    path,
    events: harness.writer,
    nextFlow: () => ++flows,
    record: () => undefined,
    log: (level, message) => logged.push(`${level} ${message}`),
  })
  await door.open()
  t.teardown(() => door.close())
  return { door, harness, logged, path, flows: () => flows }
}

async function guest(path: string): Promise<{ socket: Socket; answers: () => string[] }> {
  const socket = connect(path)
  let text = ''
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return { socket, answers: () => text.split('\n').slice(0, -1) }
}

t.test('the owner’s alone; lines become events, wrong ones are answered and logged', async (t) => {
  const { harness, logged, path } = await open(t)
  t.equal(statSync(path).mode & 0o777, 0o600)
  const { socket, answers } = await guest(path)
  socket.write(`${JSON.stringify(LINE)}\nnonsense\n${JSON.stringify({ ...LINE, port: -1 })}\n${'x'.repeat(PROVIDER_LINE_BYTES + 1)}\n`)
  socket.write(`${JSON.stringify({ ...LINE, flow: 'open' })}\n`)
  await until(() => answers().length === 3, 'three answers')
  t.match(
    answers().map((answer) => JSON.parse(answer)),
    [
      { line: 2, error: /^not JSON/ },
      { line: 3, error: /^port/ },
      { line: 4, error: /at most 8192 octets/ },
    ],
  )
  t.match(logged, [/^warn provider socket: line 2 is wrong: not JSON/])
  t.equal(logged.length, 1)
  socket.end()
  await until(() => logged.length === 2, 'the sum at the end')
  t.match(logged[1], /3 of 5 lines were wrong/)
  t.same(
    harness.events().map(({ event, flow_id }) => `${flow_id} ${event}`),
    ['f1 tls_handshake_succeeded', 'f1 stream_closed', 'f2 tls_handshake_succeeded', 'f2 stream_closed'],
  )
})

t.test('more lines than the rate allows wait; none is lost', async (t) => {
  const { path, flows } = await open(t)
  const { socket } = await guest(path)
  const startedAt = performance.now()
  const lines = PROVIDER_LINES_AT_ONCE + 400
  for (let n = 0; n < lines; n += 100) socket.write(`${JSON.stringify(LINE)}\n`.repeat(100))
  socket.write(`${JSON.stringify(LINE)}\n`)
  await until(() => flows() === lines + 1, 'all lines were taken')
  t.ok(performance.now() - startedAt > 100, 'and not at once')
  socket.destroy()
})

t.test('a file left behind is replaced; one in use, or no socket, is not', async (t) => {
  const path = join(shortDirectory(t), 'left.sock')
  const left = createServer().listen(path)
  await new Promise((resolve) => left.once('listening', resolve))
  await t.rejects(open(t, path), { code: 'EADDRINUSE' })
  // Node removes the file of a server that closes; a process that was killed does not, so make a file of that kind.
  left.close()
  await new Promise((resolve) => left.once('close', resolve))
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  t.ok(existsSync(path))
  await open(t, path)
  const plain = join(shortDirectory(t), 'plain')
  writeFileSync(plain, 'keep')
  await t.rejects(open(t, plain), { code: 'EADDRINUSE' })
})

t.test('closing ends the flows as draining', async (t) => {
  const { door, harness, path, flows } = await open(t)
  const { socket } = await guest(path)
  socket.on('error', () => undefined)
  socket.write(`${JSON.stringify({ ...LINE, flow: 'a' })}\n`)
  await until(() => flows() === 1, 'the flow is open')
  await door.close()
  t.match(harness.events(), [{ event: 'tls_handshake_succeeded' }, { event: 'stream_closed', close_reason: 'draining' }])
  t.notOk(existsSync(path))
})
