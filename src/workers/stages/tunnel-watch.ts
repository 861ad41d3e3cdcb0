/**
 * TunnelWatch: tells what can be seen of TLS in a tunnel that is not intercepted. The bytes are never touched, everything
 * told is inferred. Worker thread.
 */

import type { Side } from '../../shared/side.ts'
import { failureFacts } from '../handshakes/handshake-events.ts'
import { TlsRecordLayer, type TlsWatchHandler } from '../handshakes/tls-record-layer.ts'
import type { Session } from '../session.ts'
import type { HandshakeOutcome } from '../tls/failure/handshake-outcome.ts'
import { cipherSuiteName } from '../tls/hello/cipher-suite.ts'
import type { ClientHello } from '../tls/hello/client-hello.ts'
import { helloFacts } from '../tls/hello/hello-facts.ts'
import type { ServerHello } from '../tls/hello/server-hello.ts'
import { tlsVersionName } from '../tls/hello/tls-version.ts'
import type { HandshakeFacts } from '../tls/records/handshake-facts.ts'
import { compareByHello } from './hello-decision.ts'

/** A layer for the relay of `session`'s tunnel. */
export function watchTunnel(session: Session): TlsRecordLayer {
  const watch = new TunnelWatch(session)
  const layer = new TlsRecordLayer(watch)
  watch.facts = layer.facts
  return layer
}

class TunnelWatch implements TlsWatchHandler {
  readonly #session: Session
  readonly #startedAt = performance.now()
  facts: HandshakeFacts | undefined = undefined
  #isStarted = false

  constructor(session: Session) {
    this.#session = session
  }

  onClientHello(hello: ClientHello): void {
    if (this.#isStarted) return
    this.#isStarted = true
    compareByHello(this.#session, hello)
    this.#session.emit('tls_client_hello', helloFacts(hello))
    this.#session.emit('tls_handshake_started', { side: 'client', source: 'inferred', provider: 'native', sni: hello.sni })
  }

  onHandshakeOutcome(outcome: HandshakeOutcome): void {
    const durationMs = performance.now() - this.#startedAt
    if (!outcome.succeeded) {
      this.#session.emit('tls_handshake_failed', failureFacts(outcome.failure, durationMs))
      return
    }
    this.#session.emit('tls_handshake_succeeded', {
      side: 'client',
      source: 'inferred',
      provider: 'native',
      ...serverFacts(this.facts?.serverHello),
      resumed: this.facts?.resumed,
      duration_ms: durationMs,
    })
  }

  onServerHello(): void {}
  onHandshakeMessage(): void {}
  onAlert(): void {}
  onEncrypted(): void {}
  onApplicationData(): void {}

  onNotTls(side: Side, text: boolean): void {
    if (this.#isStarted) return
    this.#session.emit('tls_handshake_failed', {
      side: side === 0 ? 'client' : 'upstream',
      source: 'inferred',
      provider: 'native',
      reason: 'not_tls',
      sub_reason: text ? 'text' : 'other',
      phase: 'before_hello',
    })
  }

  onViolation(): void {}
}

/** What the server chose, as far as it said so in clear. */
function serverFacts(hello: ServerHello | undefined): { version?: string; cipher?: string; alpn?: string | undefined } {
  if (hello === undefined) return {}
  return { version: tlsVersionName(hello.version), cipher: cipherSuiteName(hello.cipherSuite), alpn: hello.alpn }
}
