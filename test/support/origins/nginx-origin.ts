/**
 * startNginx: a real nginx as an HTTP/2 origin over TLS, which answers every request with its URI and the value of `x-edited`.
 */

import type { Test } from 'tap'
import { startChildOrigin } from './child-origin.ts'

/** Resolves to its port; stopped with the test. */
export function startNginx(t: Test): Promise<number> {
  return startChildOrigin(t, {
    command: 'nginx',
    args: (folder) => ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'],
    files: (port) => ({ 'nginx.conf': configuration(port) }),
  })
}

function configuration(port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
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
