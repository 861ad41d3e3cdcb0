/**
 * A page that reads an event stream and talks over a WebSocket, and reports what it has seen: what a browser makes of streams.
 *
 *     GET /?run=NAME ─▶ script: EventSource /events (comes back once, then 204), WebSocket /socket ─▶ POST /report?run=NAME
 */

import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { startHttpsOrigin, type TestOrigin } from '../test-origin.ts'

/** Every line end, and parts that are cut within one, within a field and within a character. */
const FIRST_PARTS = [
  '\ufeffretry: 10\r\n: a comment\r\nid: 1\r\ndata: first\r\ndata:  line two\r\n\r',
  '\nevent: named\rdata: by CR alone\rid: 2\r\rdata\n\ndata: no space ',
  Buffer.from('€').subarray(0, 2),
  Buffer.concat([Buffer.from('€').subarray(2), Buffer.from('\nid: has\0nul\nretry: 5x\nunknown: field\n\n')]),
  `data: ${'long '.repeat(8_000)}\n\nid\ndata: without id\n\nid: last\ndata: end\n\ndata: never dispatched`,
]
const SECOND_PART = 'event: named\ndata: resumed\n\n'
/** So that each part is a chunk of its own. */
const PAUSE_MS = 30

const PAGE = `<!doctype html><meta charset="utf-8"><title>streams</title><script>
const seen = []
function readEvents() {
  return new Promise((resolve) => {
    const source = new EventSource('/events')
    const onEvent = (event) => seen.push(['event', event.type, event.data, event.lastEventId])
    source.onmessage = onEvent
    source.addEventListener('named', onEvent)
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) resolve()
      else seen.push(['reconnecting'])
    }
  })
}
function talk(number) {
  return new Promise((resolve) => {
    const socket = new WebSocket('wss://' + location.host + '/socket', ['chat'])
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      seen.push(['open', socket.protocol, socket.extensions.split(';')[0]])
      socket.send('Hé ' + number)
      socket.send(new Uint8Array(70000).map((_, n) => n % 251))
      socket.send('x'.repeat(300000))
      socket.send('')
      socket.send('close')
    }
    socket.onmessage = async ({ data }) => {
      if (typeof data === 'string') seen.push(['text', data.length, data.slice(0, 20)])
      else seen.push(['binary', data.byteLength, new Uint8Array(data).reduce((sum, byte) => (sum * 31 + byte) % 1000003, 7)])
    }
    socket.onclose = ({ code, reason, wasClean }) => {
      seen.push(['close', code, reason, wasClean])
      resolve()
    }
  })
}
readEvents()
  .then(() => talk(1))
  .then(() => fetch('/report' + location.search, { method: 'POST', body: JSON.stringify(seen) }))
</script>`

export interface StreamPage extends TestOrigin {
  /** What the page of that run will have seen; asked before it is loaded. */
  report(run: string): Promise<unknown>
}

export async function startStreamPage(): Promise<StreamPage> {
  const reports = new EventEmitter()
  const origin = await startHttpsOrigin((request, response) => void serve(request, response, reports))
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 }, handleProtocols: () => 'chat' })
  origin.server.on('upgrade', (request, socket, head) => {
    server.handleUpgrade(request, socket, head, (peer) => {
      peer.on('error', () => peer.terminate())
      peer.on('message', (data, isBinary) => {
        if (String(data) === 'close') peer.close(4001, 'fertig: ü')
        else {
          peer.ping('between')
          peer.send('frag', { fin: false })
          peer.send('ment', { fin: true })
          peer.send(data, { binary: isBinary })
        }
      })
    })
  })
  return Object.assign(origin, { report: async (run: string) => (await once(reports, run))[0] as unknown })
}

async function serve(request: IncomingMessage, response: ServerResponse, reports: EventEmitter): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://origin')
  response.on('error', () => response.destroy())
  switch (pathname) {
    case '/':
      response.setHeader('content-type', 'text/html').end(PAGE)
      return
    case '/report':
      reports.emit(searchParams.get('run') ?? '', JSON.parse(await text(request)))
      response.end()
      return
    case '/events':
      await sendEvents(request.headers['last-event-id'], response)
      return
    default:
      response.writeHead(404).end()
  }
}

async function sendEvents(lastEventId: string | string[] | undefined, response: ServerResponse): Promise<void> {
  if (lastEventId === 'resumed') {
    response.writeHead(204).end()
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
  const parts = lastEventId === undefined ? FIRST_PARTS : [`${SECOND_PART}id: resumed\ndata: ${String(lastEventId)}\n\n`]
  for (const part of parts) {
    response.write(part)
    await delay(PAUSE_MS)
  }
  response.end()
}
