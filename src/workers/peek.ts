/**
 * Peeks at the first bytes of a tunnel: is it TLS, something else, or does the origin speak first? Worker thread.
 *
 * Nothing is consumed: whatever was read is unshifted into the client's socket again, from where TLS or the relay takes it.
 */

import type { Socket } from 'node:net'
import { stopReading } from '../shared/socket-handle.ts'
import type { Violation } from '../shared/violations/violation.ts'
import type { ClientHello } from './tls/client-hello.ts'
import { ClientHelloParser } from './tls/client-hello-parser.ts'

export type Peek =
  | { readonly kind: 'tls'; readonly hello: ClientHello }
  /** First octets that no TLS client sends; `isText`: a letter, as HTTP begins with. */
  | { readonly kind: 'cleartext'; readonly isText: boolean }
  /** A protocol in which the server speaks first (SMTP, SSH, MySQL). */
  | { readonly kind: 'origin_first' }
  | { readonly kind: 'violation'; readonly violation: Violation }
  | { readonly kind: 'closed'; readonly detail: string }
  | { readonly kind: 'timeout' }

/** Reads until the kind of traffic is known. Always resolves; both sockets are paused afterwards. */
export function peek(client: Socket, origin: Socket, timeoutMs: number): Promise<Peek> {
  return new Promise((resolve) => {
    const parser = new ClientHelloParser()
    const read: Buffer[] = []

    const settle = (outcome: Peek) => {
      clearTimeout(deadline)
      client.off('data', onData).off('end', onEnd).off('close', onClose)
      origin.off('readable', onOriginReadable)
      stopReading(client)
      if (read.length > 0 && !client.destroyed) client.unshift(read.length === 1 ? (read[0] as Buffer) : Buffer.concat(read))
      resolve(outcome)
    }
    const onData = (chunk: Buffer) => {
      read.push(chunk)
      const result = parser.execute(chunk)
      switch (result.kind) {
        case 'need_more':
          return
        case 'hello':
          return settle({ kind: 'tls', hello: result.hello })
        case 'not_tls':
          return settle({ kind: 'cleartext', isText: result.text })
        case 'violation':
          return settle({ kind: 'violation', violation: result.violation })
      }
    }
    const onEnd = () =>
      settle({
        kind: 'closed',
        detail: read.length === 0 ? 'the client closed without a byte' : 'the client closed inside its ClientHello',
      })
    const onClose = () => settle({ kind: 'closed', detail: 'the client reset the connection' })
    // 'readable' tells that the origin has spoken without taking the bytes out of its stream.
    const onOriginReadable = () => {
      if (origin.readableLength > 0) settle({ kind: 'origin_first' })
    }
    const deadline = setTimeout(() => settle({ kind: 'timeout' }), timeoutMs)

    client.on('data', onData).once('end', onEnd).once('close', onClose)
    origin.on('readable', onOriginReadable)
    client.resume()
  })
}
