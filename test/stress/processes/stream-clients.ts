/**
 * The clients of the stream stress runs: many event streams through a CONNECT proxy, and how long each
 * event was under way.
 *
 * argv: CA file.
 */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { serve } from '../../../bench/support/child.ts'

export interface StreamRun {
  readonly proxyPort: number
  readonly originPort: number
  readonly streams: number
}

const secureContext = createSecureContext({ ca: readFileSync(process.argv[2] ?? '') })
const open: { destroy(): void }[] = []
/** Milliseconds under way, one per event. */
let delays: number[] = []
/** Handshakes at once. */
const BATCH = 32

async function openTunnel({ proxyPort, originPort }: StreamRun): Promise<TLSSocket> {
  const tcp = connect({ host: '127.0.0.1', port: proxyPort, noDelay: true })
  tcp.write(`CONNECT 127.0.0.1:${originPort} HTTP/1.1\r\nHost: 127.0.0.1:${originPort}\r\n\r\n`)
  await once(tcp, 'data')
  const secure = connectTls({ socket: tcp, servername: 'origin.test', secureContext, ALPNProtocols: ['http/1.1'] })
  secure.on('error', () => secure.destroy())
  await once(secure, 'secureConnect')
  return secure
}

function take(text: string): void {
  const now = process.hrtime.bigint()
  for (const [, sent = '0'] of text.matchAll(/data: (\d+)/g)) delays.push(Number(now - BigInt(sent)) / 1e6)
}

async function openOne(run: StreamRun): Promise<void> {
  const secure = await openTunnel(run)
  secure.write('GET /events HTTP/1.1\r\nHost: origin.test\r\nAccept: text/event-stream\r\n\r\n')
  await once(secure, 'data')
  secure.on('data', (chunk: Buffer) => take(chunk.toString('latin1')))
  open.push(secure)
}

async function openAll(run: StreamRun): Promise<number> {
  for (let opened = 0; opened < run.streams; opened += BATCH) {
    await Promise.all(Array.from({ length: Math.min(BATCH, run.streams - opened) }, () => openOne(run)))
  }
  return open.length
}

function closeAll(): number {
  for (const socket of open.splice(0)) socket.destroy()
  return open.length
}

function report(): number[] {
  const taken = delays
  delays = []
  return taken
}

serve('ready', { openAll: openAll as never, closeAll, report })
