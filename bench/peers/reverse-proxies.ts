/**
 * nginx and haproxy as reverse proxies, TLS on both sides, kept origin connections: no interception, no leaves, no events. What
 * moving decrypted bytes costs in C.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { versionOf } from '../support/machine.ts'
import { freePort } from '../support/program.ts'
import type { Peer } from './peer.ts'
import { startProgram } from './program-peer.ts'

export const nginx: Peer = {
  name: 'nginx (reverse proxy)',
  description: 'one worker, kept upstream connections, upstream verified, bodies passed on as they come, in buffers of 64 KiB',
  version: () => versionOf('sh', ['-c', 'command -v nginx >/dev/null && nginx -v 2>&1'])?.replace('nginx version: ', ''),
  start: async ({ pki, origin, folder }) => {
    const port = await freePort()
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'nginx.conf')
    const configuration = `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log error;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  tcp_nodelay on;
  keepalive_timeout 600s; keepalive_requests 1000000000;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_certificate ${pki.certificate}; ssl_certificate_key ${pki.key};
  ssl_session_cache shared:sessions:8m;
  upstream origin { server 127.0.0.1:${origin.port}; keepalive 512; keepalive_requests 1000000000; keepalive_timeout 600s; }
  server {
    listen 127.0.0.1:${port} ssl http2 backlog=4096;
    location / {
      proxy_pass https://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_buffering off; proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;
      proxy_ssl_verify on; proxy_ssl_trusted_certificate ${pki.ca};
      proxy_ssl_name localhost; proxy_ssl_server_name on; proxy_ssl_session_reuse on; proxy_ssl_protocols TLSv1.3;
    }
  }
}
`
    writeFileSync(file, configuration)
    const args = ['-c', file, '-p', folder, '-e', join(folder, 'error.log')]
    return startProgram({ command: 'nginx', args, port }, pki.ca, true, configuration)
  },
}

export const haproxy: Peer = {
  name: 'haproxy (reverse proxy)',
  description: 'one thread, http mode, http-reuse always, origin verified',
  version: () => versionOf('haproxy', ['-v'])?.split(' ').slice(2, 3).join(''),
  start: async ({ pki, origin, folder }) => {
    const port = await freePort()
    const pem = join(folder, 'server.pem')
    writeFileSync(pem, readFileSync(pki.certificate, 'utf8') + readFileSync(pki.key, 'utf8'))
    const file = join(folder, 'haproxy.cfg')
    const configuration = `global
  nbthread 1
  maxconn 8000
  tune.ssl.cachesize 20000
defaults
  mode http
  timeout connect 10s
  timeout client 600s
  timeout server 600s
  option http-keep-alive
  http-reuse always
frontend front
  bind 127.0.0.1:${port} ssl crt ${pem} alpn h2,http/1.1
  default_backend origin
backend origin
  server origin 127.0.0.1:${origin.port} ssl verify required ca-file ${pki.ca} sni str(localhost) verifyhost localhost alpn http/1.1 pool-max-conn 512
`
    writeFileSync(file, configuration)
    return startProgram({ command: 'haproxy', args: ['-f', file, '-db'], port }, pki.ca, true, configuration)
  },
}
