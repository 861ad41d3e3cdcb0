/**
 * The command line under a descriptor limit of its own: `limited-cli LIMIT ARGS…`. A shell sets the limit, because Node cannot,
 * and becomes the process, so that signals reach it.
 */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const [limit = '256', ...args] = process.argv.slice(2)
const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url))
const child = spawn('sh', ['-c', 'ulimit -n "$0" && exec "$@"', limit, process.execPath, cli, ...args], { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal))
child.once('exit', (code) => process.exit(code ?? 1))
