/** Standard output that cannot be written to: one line where that is a failure, and never a stack trace. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { CliProcess, REAL_CLI } from '../support/processes/cli-process.ts'

t.setTimeout(600_000)

const FULL = '/dev/full'
const withFull = existsSync(FULL) ? {} : { skip: `there is no ${FULL}` }

t.test('a reader that has gone is no failure', async (t) => {
  for (const args of [['--help'], ['faults'], ['explain', '--help']]) {
    const run = new CliProcess(REAL_CLI, args)
    run.child.stdout?.destroy()
    t.equal(await run.ended, 0, args.join(' '))
    t.equal(run.stderr, '')
  }
})

t.test('what a reader that has gone would have read of a mistake changes no exit code', async (t) => {
  const run = new CliProcess(REAL_CLI, ['no-such-command'])
  run.child.stderr?.destroy()
  t.equal(await run.ended, 2)
})

t.test('a full disk: one line, exit code 1', withFull, async (t) => {
  for (const args of [['--version'], ['faults', '--json']]) {
    const child = spawn(process.execPath, [fileURLToPath(REAL_CLI), ...args], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', openSync(FULL, 'w'), 'pipe'],
    })
    let told = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      told += text
    })
    const [code] = await once(child, 'close')
    t.equal(code, 1)
    t.equal(told, 'soth-mitm: standard output: no space left on the device (ENOSPC); free some space or choose another place\n')
  }
})
