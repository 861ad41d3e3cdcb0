/**
 * An origin in TLS that loses connections instead of answering, as a test says, and remembers what it was asked on which.
 */

import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import { originCertificate } from '../test-origin.ts'

export const LOSSES = ['end', 'destroy', 'reset', 'garbage'] as const
export type Loss = (typeof LOSSES)[number]

export class LosingOrigin {
  readonly server: Server
  /** Each request as `connection method target`, connections counted from 1. */
  readonly asked: string[] = []
  /** Requests whose answer was begun, by their targets. */
  readonly answered: string[] = []
  /** The last connection taken. */
  connection: LosableConnection | undefined = undefined
  /** TLS connections. */
  connections = 0
  /** TCP connections, in the order in which they came. */
  readonly transports: Socket[] = []
  /** Takes TCP connections, and says nothing. */
  isSilent = false
  /** Octets of all requests, by connection. */
  readonly octets: number[] = []
  /** Answers a request, or loses its connection. */
  onRequest: (connection: LosableConnection, method: string, target: string) => void = (connection, method, target) =>
    connection.answer(target, method)

  private constructor() {
    const tls = createTlsServer({ ...originCertificate(), ALPNProtocols: ['http/1.1'] }, (secure: TLSSocket) => {
      const number = ++this.connections
      const connection = new LosableConnection(this, secure)
      this.connection = connection
      this.octets[number] = 0
      secure.on('error', () => secure.destroy())
      let unread = ''
      secure.on('data', (octets: Buffer) => {
        this.octets[number] = (this.octets[number] ?? 0) + octets.length
        unread += octets.toString('latin1')
        for (let end = unread.indexOf('\r\n\r\n'); end !== -1; end = unread.indexOf('\r\n\r\n')) {
          const [method = '', target = ''] = unread.split(' ')
          unread = unread.slice(end + 4)
          this.asked.push(`${number} ${method} ${target}`)
          this.onRequest(connection, method, target)
        }
      })
    })
    this.server = createServer((socket) => {
      this.transports.push(socket)
      if (this.isSilent) socket.on('error', () => socket.destroy()).resume()
      else tls.emit('connection', socket)
    })
  }

  static async start(t: Test): Promise<LosingOrigin> {
    const origin = new LosingOrigin()
    origin.server.listen(0, '127.0.0.1')
    await once(origin.server, 'listening')
    t.teardown(() => {
      origin.server.close()
      for (const socket of origin.transports) socket.destroy()
    })
    return origin
  }

  get authority(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }
}

class LosableConnection {
  readonly #origin: LosingOrigin
  readonly #secure: TLSSocket

  constructor(origin: LosingOrigin, secure: TLSSocket) {
    this.#origin = origin
    this.#secure = secure
  }

  /** An answer with `target` as its body, which one to HEAD has not. */
  answer(target: string, method = 'GET'): void {
    // It has said its last: what comes now has crossed that on the way.
    if (!this.#secure.writable) return
    this.#origin.answered.push(target)
    const body = method === 'HEAD' ? '' : target
    this.#secure.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${body}`)
  }

  write(octets: string): void {
    this.#secure.write(octets)
  }

  lose(loss: Loss): void {
    const { remotePort } = this.#secure
    // The last: a port comes again.
    const transport = this.#origin.transports.findLast((socket) => socket.remotePort === remotePort)
    if (loss === 'end') this.#secure.end()
    else if (loss === 'destroy') this.#secure.destroy()
    else if (loss === 'reset') transport?.resetAndDestroy()
    // No TLS record: whoever reads it has an error, as of an alert.
    else transport?.end('no TLS record at all')
  }
}
