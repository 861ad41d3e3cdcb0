/**
 * startHttp2Origin: an HTTP/2 origin over TLS by node:http2, for tests of the whole; and openHttp2, a node:http2 client of it
 * through the engine.
 */

import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Stream,
  type SessionOptions,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Test } from 'tap'
import type { EngineHarness } from '../engine-harness.ts'
import { openTunnel } from '../proxy-client.ts'
import { originCertificate } from '../test-origin.ts'

export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

export interface Http2Origin {
  readonly port: number
  /** Sessions accepted so far. */
  readonly sessions: number
  /** Tells every client to leave: GOAWAY, then the end when its streams are done. */
  drain(): void
  /** Ends every session at once. */
  hangUp(): void
}

/** Closed with the test. */
export async function startHttp2Origin(t: Test, onStream: OnStream, options: SecureServerOptions = {}): Promise<Http2Origin> {
  const server = createSecureServer({ ...originCertificate(), allowHTTP1: false, ...options })
  const sessions = new Set<{ close(): void; destroy(): void }>()
  let accepted = 0
  server.on('session', (session) => {
    accepted++
    sessions.add(session)
    session.on('error', () => {})
    session.once('close', () => sessions.delete(session))
  })
  server.on('sessionError', () => {})
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    onStream(stream, headers)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const hangUp = () => {
    for (const session of sessions) session.destroy()
  }
  t.teardown(() => {
    hangUp()
    server.close()
  })
  return {
    hangUp,
    port: (server.address() as AddressInfo).port,
    get sessions() {
      return accepted
    },
    drain() {
      for (const session of sessions) session.close()
    },
  }
}

/**
 * A session of node:http2 to `localhost:port` through the engine, on a socket as node:http2 opens its own: on one that allows a half
 * it would wait for ever behind a FIN without GOAWAY and close_notify, which is what a lost worker leaves.
 */
export async function openHttp2(harness: EngineHarness, port: number, options: SessionOptions = {}): Promise<ClientHttp2Session> {
  const authority = `localhost:${port}`
  const socket = await openTunnel(harness.proxyPort, authority, false)
  const session = connect(`https://${authority}`, {
    ...options,
    createConnection: () => connectTls({ socket, servername: 'localhost', ca: harness.caPem, ALPNProtocols: ['h2'] }),
  })
  session.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    session.once('remoteSettings', () => resolve()).once('error', reject)
    session.once('close', () => reject(new Error('closed before the SETTINGS of the origin')))
  })
  return session
}

/** Closes `session` in order and waits until it is gone. */
export function closed(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    if (session.destroyed) resolve()
    else session.once('close', () => resolve()).close()
  })
}
