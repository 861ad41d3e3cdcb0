/** runClient: exit codes as a shell gives them, a time that is over, a program that is not there. */

import t from 'tap'
import { runClient } from '../../../src/cli/scenario/client-process.ts'

const node = (script: string, timeoutMs = 10_000) => runClient([process.execPath, '-e', script], process.env, timeoutMs)

t.test('ends', async (t) => {
  t.match(await node('process.exit(3)'), { exitCode: 3, isTimedOut: false })
  t.match(await node('process.kill(process.pid, "SIGKILL")'), { exitCode: 137, isTimedOut: false })
  t.match(await node('setInterval(() => {}, 1000)', 200), { exitCode: 143, isTimedOut: true })
  t.match(await runClient(['no-such-program-here'], process.env, 1_000), { exitCode: undefined, problem: /ENOENT/ })
})

t.test('its variables', async (t) => {
  t.match(await runClient([process.execPath, '-e', 'process.exit(Number(process.env.CODE))'], { CODE: '5' }, 10_000), { exitCode: 5 })
})
