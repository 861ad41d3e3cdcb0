/**
 * The origin of benchmarks and load tests: nginx with TLS, HTTP/1.1 and HTTP/2, and bodies of fixed sizes; a Node origin where
 * nginx is absent, and the reports say so.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchPki } from './bench-pki.ts'
import { Child } from './child.ts'
import { versionOf } from './machine.ts'
import { freePort, Program } from './program.ts'

/** Octets of the body at each path. */
export const BODIES = { '/small': 128, '/16k': 16_384, '/1m': 1_048_576, '/100m': 104_857_600 } as const

export interface Origin {
  readonly name: string
  readonly port: number
  stop(): Promise<void>
}

export async function startOrigin(pki: BenchPki): Promise<Origin> {
  const nginx = nginxVersion()
  return nginx === undefined ? startNode(pki) : startNginx(pki, nginx)
}

/** nginx writes its version to standard error, which tells whether it is there but not to `versionOf`. */
function nginxVersion(): string | undefined {
  return versionOf('sh', ['-c', 'command -v nginx >/dev/null && nginx -v 2>&1'])?.replace('nginx version: nginx/', '')
}

async function startNode(pki: BenchPki): Promise<Origin> {
  const { child, ready } = await Child.start<{ port: number }>('processes/node-origin.js', [
    pki.certificate,
    pki.key,
    JSON.stringify(BODIES),
  ])
  return { name: `Node ${process.version} (nginx is absent)`, port: ready.port, stop: () => child.stop() }
}

async function startNginx(pki: BenchPki, version: string): Promise<Origin> {
  const root = join(pki.folder, 'nginx-origin')
  mkdirSync(join(root, 'files'), { recursive: true })
  for (const [path, octets] of Object.entries(BODIES)) writeFileSync(join(root, 'files', path), Buffer.alloc(octets, 'x'))
  const port = await freePort()
  const config = join(root, 'nginx.conf')
  writeFileSync(config, nginxConfig(root, port, pki))
  const program = await Program.start({ command: 'nginx', args: ['-c', config, '-p', root, '-e', join(root, 'error.log')], port })
  return { name: `nginx ${version}`, port, stop: () => program.stop() }
}

function nginxConfig(root: string, port: number, pki: BenchPki): string {
  // Started as root, nginx would drop to a user who may not read our temporary folder.
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${root}/nginx.pid;
error_log ${root}/error.log error;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${root}/body;
  proxy_temp_path ${root}/proxy;
  fastcgi_temp_path ${root}/fastcgi;
  uwsgi_temp_path ${root}/uwsgi;
  scgi_temp_path ${root}/scgi;
  default_type text/plain;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_certificate ${pki.certificate};
  ssl_certificate_key ${pki.key};
  ssl_session_cache shared:sessions:8m;
  server {
    listen 127.0.0.1:${port} ssl http2 backlog=4096;
    root ${root}/files;
  }
}
`
}
