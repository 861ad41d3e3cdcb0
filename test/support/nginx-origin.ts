/**
 * startNginx: a real nginx as an HTTP/2 origin over TLS, which answers every request with its URI and the value of `x-edited`.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import type { Test } from 'tap'
import { originCertificate } from './test-origin.ts'

const READY_DEADLINE_MS = 10_000

/** Resolves to its port; stopped with the test. */
export async function startNginx(t: Test): Promise<number> {
  // Not the test's own folder: that is the engine's.
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'))
  const port = await freePort()
  const { cert, key } = originCertificate()
  mkdirSync(join(folder, 'temp'), { recursive: true })
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  writeFileSync(join(folder, 'nginx.conf'), configuration(port))
  const child = spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'], { stdio: 'ignore' })
  t.teardown(async () => {
    await stop(child)
    rmSync(folder, { recursive: true, force: true })
  })
  for (const deadline = performance.now() + READY_DEADLINE_MS; performance.now() < deadline; await delay(50)) {
    if (await answers(port)) return port
  }
  throw new Error('nginx did not start')
}

function configuration(port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path temp/${name};`)
  return `daemon off; master_process off; pid nginx.pid; error_log error.log;
events { worker_connections 256; }
http {
  access_log off; keepalive_requests 1000000; client_max_body_size 64m; large_client_header_buffers 4 32k;
  ${temporary.join(' ')}
  server {
    listen 127.0.0.1:${port} ssl http2;
    ssl_certificate cert.pem; ssl_certificate_key key.pem;
    location / { return 200 "$request_uri $http_x_n $http_x_edited"; }
  }
}
`
}

/** Nginx takes no port 0. */
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
    socket.once('error', () => resolve(false))
  })
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve()
    else child.once('exit', () => resolve())
    child.kill()
  })
}
