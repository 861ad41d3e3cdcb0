/** StdoutTarget: standard output as the sink's target, in a process of its own: slow readers, readers that go, and regular files. */

import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'

t.setTimeout(600_000)

const LINES = 20_000
const SOURCE = new URL('../../../src/aggregator/', import.meta.url)

/** Writes LINES lines of 100 octets and says on standard error what became of them, then ends by itself. */
const PROGRAM = `
  const { StdoutTarget } = await import('${SOURCE}sinks/stdout-target.js')
  const { LossNotice } = await import('${SOURCE}sinks/loss-notice.js')
  const { NdjsonSink } = await import('${SOURCE}sinks/ndjson-sink.js')
  const { Clock } = await import('${SOURCE}clock.js')
  const file = await StdoutTarget.open(() => undefined)
  const sink = new NdjsonSink(file, new LossNotice('i', new Clock({ wallMs: 0, monoNs: 0n })), () => undefined)
  for (let n = 0; n < ${LINES}; n++) {
    sink.accept({ line: () => Buffer.from(String(n).padStart(99, '0') + '\\n') })
    if (n % 1000 === 999) { sink.endBatch(); await new Promise((resolve) => setTimeout(resolve, 1)) }
  }
  await sink.close()
  process.stderr.write(JSON.stringify({ delivered: sink.delivered, dropped: sink.dropped }))
`

function start(stdout: 'pipe' | number) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], { stdio: ['ignore', stdout, 'pipe'] })
  let told = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  const ended = new Promise<{ delivered: number; dropped: number }>((resolve, reject) => {
    child.on('close', () => (told.startsWith('{') ? resolve(JSON.parse(told)) : reject(new Error(told))))
  })
  return { child, ended }
}

function complete(text: string): boolean {
  const lines = text.split('\n')
  return lines.length === LINES + 1 && lines.every((line, n) => n === LINES || Number(line) === n)
}

t.test('a slow reader gets every line', async (t) => {
  const { child, ended } = start('pipe')
  let text = ''
  child.stdout?.setEncoding('utf8')
  for await (const part of child.stdout ?? []) {
    text += part
    await delay(1)
  }
  t.same(await ended, { delivered: LINES, dropped: 0 })
  t.ok(complete(text))
})

t.test('a reader that goes: the rest is lost, and the process ends by itself', async (t) => {
  const { child, ended } = start('pipe')
  child.stdout?.once('data', () => child.stdout?.destroy())
  const { delivered, dropped } = await ended
  t.ok(dropped > 0)
  t.equal(delivered + dropped, LINES)
})

t.test('a reader that never reads: the close has its deadline, and no thread hangs in a write', async (t) => {
  const { child, ended } = start('pipe')
  // Paused: the pipe fills and stays full until the process has ended.
  const { delivered, dropped } = await new Promise<{ delivered: number; dropped: number }>((resolve) => {
    child.on('exit', () => child.stdout?.resume())
    void ended.then(resolve)
  })
  t.ok(dropped > 0)
  t.ok(delivered < LINES)
})

t.test('a regular file', async (t) => {
  const path = join(t.testdir(), 'out')
  const descriptor = openSync(path, 'w')
  t.same(await start(descriptor).ended, { delivered: LINES, dropped: 0 })
  closeSync(descriptor)
  t.ok(complete(readFileSync(path, 'utf8')), 'not rotated')
})
