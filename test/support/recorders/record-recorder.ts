/**
 * RecordRecorder: turns the record tracker's callbacks into lines of text.
 */

import { SIDE_NAMES, type Side } from '../../../src/shared/side.ts'
import type { Violation } from '../../../src/shared/violations/violation.ts'
import type { TlsWatchHandler } from '../../../src/workers/handshakes/tls-record-layer.ts'
import type { HandshakeOutcome } from '../../../src/workers/tls/failure/handshake-outcome.ts'
import { cipherSuiteName } from '../../../src/workers/tls/hello/cipher-suite.ts'
import type { ClientHello } from '../../../src/workers/tls/hello/client-hello.ts'
import type { ServerHello } from '../../../src/workers/tls/hello/server-hello.ts'
import { tlsVersionName } from '../../../src/workers/tls/hello/tls-version.ts'

export class RecordRecorder implements TlsWatchHandler {
  readonly lines: string[] = []

  onClientHello(hello: ClientHello): void {
    this.lines.push(`client hello ${hello.sni ?? '-'}`)
  }
  onServerHello(hello: ServerHello): void {
    const { alpn, cipherSuite, pskAccepted, retryRequest, version } = hello
    const flags = `${alpn === undefined ? '' : ` ${alpn}`}${pskAccepted ? ' psk' : ''}${retryRequest ? ' retry' : ''}`
    this.lines.push(`server hello ${tlsVersionName(version)} ${cipherSuiteName(cipherSuite)}${flags}`)
  }
  onHandshakeMessage(side: Side, type: number): void {
    this.lines.push(`${SIDE_NAMES[side]} message ${type}`)
  }
  onAlert(side: Side, level: number, description: number): void {
    this.lines.push(`${SIDE_NAMES[side]} alert ${level} ${description}`)
  }
  onEncrypted(side: Side): void {
    this.lines.push(`${SIDE_NAMES[side]} encrypted`)
  }
  onApplicationData(side: Side): void {
    this.lines.push(`${SIDE_NAMES[side]} data`)
  }
  onNotTls(side: Side, text: boolean): void {
    this.lines.push(`${SIDE_NAMES[side]} not tls${text ? ', text' : ''}`)
  }
  onViolation(side: Side, violation: Violation): void {
    this.lines.push(`${SIDE_NAMES[side]} ${violation.code}`)
  }
  onHandshakeOutcome(outcome: HandshakeOutcome): void {
    this.lines.push(
      outcome.succeeded ? 'succeeded' : `failed ${outcome.failure.side} ${outcome.failure.reason} ${outcome.failure.subReason}`,
    )
  }
}
