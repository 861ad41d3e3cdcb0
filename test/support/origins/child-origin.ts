/**
 * startChildOrigin: a server by others as a TLS origin, in a folder of its own with a certificate of the test's.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import type { Test } from 'tap'
import { originCertificate } from '../test-origin.ts'

const READY_DEADLINE_MS = 300_000
/** Another process may take the port that was free a moment ago: a server that ends over it is given another. */
const TRIES = 5

export interface ChildOrigin {
  readonly command: string
  readonly args: (folder: string, port: number) => readonly string[]
  /** Files beside `cert.pem` and `key.pem`: name and text. */
  readonly files: (port: number) => Readonly<Record<string, string>>
}

/** Resolves to its port; stopped with the test. */
export async function startChildOrigin(t: Test, { command, args, files }: ChildOrigin): Promise<number> {
  // Not the test's own folder: that is the engine's.
  const folder = mkdtempSync(join(tmpdir(), `${command}-`))
  const { cert, key } = originCertificate()
  let child: ChildProcess | undefined
  t.teardown(async () => {
    if (child !== undefined) await stop(child)
    rmSync(folder, { recursive: true, force: true })
  })
  const deadline = performance.now() + READY_DEADLINE_MS
  for (let tries = TRIES; tries > 0; tries--) {
    const port = await freePort()
    for (const [name, text] of Object.entries({ 'cert.pem': cert, 'key.pem': key, ...files(port) })) writeFileSync(join(folder, name), text)
    child = spawn(command, [...args(folder, port)], { stdio: 'ignore', cwd: folder })
    for (; child.exitCode === null && performance.now() < deadline; await delay(50)) {
      if (await answers(port)) return port
    }
  }
  throw new Error(`${command} did not start`)
}

/** Neither nginx nor nghttpd takes port 0 and says which one it got. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      socket.destroy()
      resolve(true)
    })
    // One that wants something of the client, and says so, is there as well.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
  })
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve()
    else child.once('exit', () => resolve())
    child.kill()
  })
}
