/**
 * Clients that write their own bytes: a CONNECT through the proxy, TLS inside of it, and reading up to what is expected.
 */

import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'

const READ_DEADLINE_MS = 300_000

/** Everything that a socket has received, and how it ended. */
export class Received {
  #chunks: Buffer[] = []
  ended = false
  closed = false
  error: NodeJS.ErrnoException | undefined = undefined
  readonly socket: Socket
  /** The TCP socket beneath, where `socket` is TLS. */
  readonly transport: Socket

  constructor(socket: Socket, transport = socket) {
    this.socket = socket
    this.transport = transport
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
    })
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('close', () => {
      this.closed = true
    })
    socket.on('error', (error) => {
      this.error = error
    })
    socket.resume()
  }

  get bytes(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] as Buffer
  }

  get text(): string {
    return this.bytes.toString('latin1')
  }

  /** Resolves when `condition` holds; rejects with what has come instead, in the end or once the socket is closed. */
  until(condition: (received: Received) => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const events = ['data', 'end', 'close'] as const
      const settle = () => {
        clearTimeout(deadline)
        for (const event of events) this.socket.off(event, check)
      }
      const check = () => {
        if (condition(this)) {
          settle()
          resolve()
        } else if (this.closed) fail()
      }
      const fail = () => {
        settle()
        const got = JSON.stringify(this.text.slice(-300))
        reject(new Error(`waited in vain for ${what}; got ${got}, error ${this.error?.code}, closed ${this.closed}`))
      }
      const deadline = setTimeout(fail, READ_DEADLINE_MS)
      for (const event of events) this.socket.on(event, check)
      check()
    })
  }

  has(text: string): Promise<void> {
    return this.until(() => this.text.includes(text), JSON.stringify(text))
  }

  /** Resolves when the socket is closed; the peer's FIN is answered by ours. */
  async over(): Promise<void> {
    await this.until(() => this.ended || this.closed, 'the end')
    if (!this.closed) this.socket.end()
    await this.until(() => this.closed, 'the close')
  }
}

/** A connection to the proxy. With `allowHalfOpen` it stays open behind the proxy's FIN until it is ended here, too. */
export function openProxy(proxyPort: number, host = '127.0.0.1', allowHalfOpen = true): Received {
  return new Received(connect({ host, port: proxyPort, allowHalfOpen, noDelay: true }))
}

/** A connection to the proxy whose CONNECT to `authority` has been answered with 200. */
export async function openTunnel(proxyPort: number, authority: string, allowHalfOpen = true): Promise<Socket> {
  const received = openProxy(proxyPort, undefined, allowHalfOpen)
  const { socket } = received
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  await received.until(({ text, ended }) => text.includes('\r\n\r\n') || ended, 'an answer to CONNECT')
  if (!received.text.startsWith('HTTP/1.1 200 ')) {
    socket.destroy()
    throw new Error(`CONNECT: ${received.text}`)
  }
  socket.removeAllListeners('data')
  socket.pause()
  const rest = received.bytes.subarray(received.bytes.indexOf('\r\n\r\n') + 4)
  if (rest.length > 0) socket.unshift(rest)
  return socket
}

/** TLS inside a tunnel, as a client that trusts `ca`. */
export async function openSecure(proxyPort: number, authority: string, ca: string, options: ConnectionOptions = {}): Promise<Received> {
  const socket = await openTunnel(proxyPort, authority)
  const servername = /^[\d.[]/.test(authority) ? undefined : authority.slice(0, authority.lastIndexOf(':'))
  const secure: TLSSocket = connectTls({
    socket,
    ca,
    ALPNProtocols: ['http/1.1'],
    ...(servername === undefined ? { host: authority.slice(0, authority.lastIndexOf(':')).replace(/[[\]]/g, '') } : { servername }),
    ...options,
  })
  const received = new Received(secure, socket)
  await new Promise<void>((resolve, reject) => {
    secure.once('secureConnect', resolve).once('error', reject)
  })
  return received
}
