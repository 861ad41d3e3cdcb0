/**
 * The pages that foreign clients load: one listener for origins over TLS and in the clear, on Node's own HTTP server.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'

export const PAGE = '<!doctype html><title>origin</title><p>page</p><script src="/script.js"></script>\n'
const SCRIPT =
  "document.title = 'ran'; fetch('/data.json').then((r) => r.json()).then((d) => { document.body.textContent = 'json ' + d.ok })\n"

export function servePages(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://origin')
  switch (pathname) {
    case '/':
      response.setHeader('content-type', 'text/html')
      response.end(PAGE)
      return
    case '/script.js':
      response.setHeader('content-type', 'text/javascript')
      response.end(SCRIPT)
      return
    case '/data.json':
      response.setHeader('content-type', 'application/json')
      response.end('{"ok":true}')
      return
    case '/echo':
      echo(request, response)
      return
    case '/redirect':
      response.writeHead(302, { location: '/data.json' }).end()
      return
    case '/chunks':
      response.write('one,')
      setTimeout(() => response.end('two'), 20)
      return
    case '/early':
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      setTimeout(() => response.end('late'), 20)
      return
    default:
      response.writeHead(404).end('no such page')
  }
}

/** Says what came: method, how the body was framed, how long it was. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  let octets = 0
  request.on('data', (chunk: Buffer) => {
    octets += chunk.length
  })
  request.on('end', () => {
    const { 'transfer-encoding': coding, 'content-length': length } = request.headers
    response.setHeader('content-type', 'text/plain')
    response.end(`${request.method} ${coding ?? length ?? 'none'} ${octets}`)
  })
}
