/**
 * Load that looks for gaps: requests on keep-alive TLS connections through a CONNECT proxy, each as soon as the one before is answered
 * and a pause is over, and new connections whose CONNECT a rule blocks. argv: CA file.
 *
 * Asked `connect` with { proxyPort, originPort, connections }, then `window`: answers with what has been waited for since the last
 * `window`, what is still open included.
 */

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { serve } from '../support/child.ts'

interface Target {
  readonly proxyPort: number
  readonly originPort: number
  readonly connections: number
}

/** Between an answer and the next request: the machine is to have room for both the load and the reload. */
const PAUSE_MS = 4
const PROBE_MS = 10
const BLOCKED_HOST = 'blocked.test'

const secureContext = createSecureContext({ ca: readFileSync(process.argv[2] ?? '') })
const REQUEST = Buffer.from('GET /v1/items HTTP/1.1\r\nHost: origin.test\r\n\r\n')

class Waits {
  #done: number[] = []
  readonly #open = new Set<number>()
  lost = 0

  begin(): () => void {
    const at = performance.now()
    this.#open.add(at)
    return () => {
      this.#open.delete(at)
      this.#done.push(performance.now() - at)
    }
  }

  take(): { count: number; max_ms: number; p99_ms: number; lost: number } {
    const now = performance.now()
    const all = [...this.#done, ...Array.from(this.#open, (at) => now - at)].sort((a, b) => a - b)
    const taken = { count: this.#done.length, max_ms: all.at(-1) ?? 0, p99_ms: all[Math.floor(all.length * 0.99)] ?? 0, lost: this.lost }
    this.#done = []
    this.lost = 0
    return taken
  }
}

const requests = new Waits()
const probes = new Waits()

function openTunnel({ proxyPort, originPort }: Target): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const tcp = connect({ host: '127.0.0.1', port: proxyPort, noDelay: true })
    tcp.once('error', reject)
    tcp.write(`CONNECT 127.0.0.1:${originPort} HTTP/1.1\r\n\r\n`)
    tcp.once('data', () => {
      const secure = connectTls({ socket: tcp, servername: 'origin.test', secureContext, ALPNProtocols: ['http/1.1'] }, () =>
        resolve(secure),
      )
      secure.once('error', reject)
      secure.once('close', () => requests.lost++)
    })
  })
}

/** The answers of the bench's origin come whole. */
function converse(socket: TLSSocket): void {
  const answered = requests.begin()
  socket.once('data', () => {
    answered()
    setTimeout(() => converse(socket), PAUSE_MS)
  })
  socket.write(REQUEST)
}

function probe(port: number): void {
  const answered = probes.begin()
  const socket = connect({ host: '127.0.0.1', port })
  socket.once('error', () => probes.lost++)
  socket.once('data', (chunk) => {
    if (!chunk.toString('latin1').startsWith('HTTP/1.1 403')) probes.lost++
    answered()
    socket.destroy()
  })
  socket.write(`CONNECT ${BLOCKED_HOST}:443 HTTP/1.1\r\n\r\n`)
}

async function begin(target: Target): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: target.connections }, () => openTunnel(target)))
  for (const socket of sockets) converse(socket)
  setInterval(() => probe(target.proxyPort), PROBE_MS)
}

serve('ready', { connect: begin, window: () => ({ requests: requests.take(), probes: probes.take() }) })
