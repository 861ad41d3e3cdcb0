/**
 * ClientPeek: reads the first bytes of a tunnel and finds out what they are: TLS, something else, or does the origin speak
 * first? Worker thread.
 *
 * Nothing is consumed: whatever was read is unshifted into the client's socket again when the socket is handed over. Until
 * then the socket goes on being read, because a client that leaves before it has seen our certificate has not judged it, and
 * must not be taken for one that has (`docs/tls-failures.md`).
 */

import type { Socket } from 'node:net'
import { EARLY_BYTES } from '../../shared/limits/tls.ts'
import { stopReading } from '../../shared/socket-handle.ts'
import type { Violation } from '../../shared/violations/violation.ts'
import type { FailureEvidence } from '../tls/failure/failure-evidence.ts'
import { wasReset } from '../tls/failure/was-reset.ts'
import type { ClientHello } from '../tls/hello/client-hello.ts'
import { ClientHelloParser } from '../tls/hello/client-hello-parser.ts'
import { CLOSE_NOTIFY, USER_CANCELED } from '../tls/records/alert.ts'
import { RECORD_MAJOR } from '../tls/records/record.ts'
import { readFirstLine } from './first-line.ts'
import { pollPhase } from './poll-phase.ts'
import { unshiftInPieces } from './unshift-in-pieces.ts'

export type Peek =
  | { readonly kind: 'tls'; readonly hello: ClientHello }
  /** First octets that no TLS client sends: HTTP/2's preface (prior knowledge, RFC 9113 §3.3), a line as HTTP/1 begins with, or neither. */
  | { readonly kind: 'cleartext'; readonly speaks: 'http1' | 'http2' | 'other' }
  /** A protocol in which the server speaks first (SMTP, SSH, MySQL). */
  | { readonly kind: 'origin_first' }
  | { readonly kind: 'violation'; readonly violation: Violation }
  /** The client left, or said nothing in time. */
  | { readonly kind: 'gone'; readonly evidence: FailureEvidence }

/** How a client left: by FIN, by RST, or by an error. */
type Departure = Pick<FailureEvidence, 'ended' | 'reset' | 'code' | 'message' | 'syscall'>

export class ClientPeek {
  readonly #client: Socket
  readonly #parser = new ClientHelloParser()
  readonly #read: Buffer[] = []
  #bytes = 0
  #isHelloRead = false
  #isCleartext = false
  /** How the client left, once it has. */
  #gone: Departure | undefined = undefined
  #settle: (outcome: Peek) => void = ignore
  /** Called when the client has left, or has sent an alert, behind its first octets: whoever waits for something else need not. */
  onGone: () => void = ignore

  constructor(client: Socket) {
    this.#client = client
    client.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError)
  }

  /** Resolves as soon as the kind of traffic is known; never rejects. Watches `origin`, if there is one, for a server that speaks first. */
  first(origin: Socket | undefined, timeoutMs: number): Promise<Peek> {
    return new Promise((resolve) => {
      // 'readable' tells that the origin has spoken; what it said goes back into its stream.
      const onOriginReadable = () => {
        const said: Buffer | null | undefined = origin?.read()
        if (said === null || said === undefined) return
        origin?.off('readable', onOriginReadable)
        origin?.unshift(said)
        if (!startsWithSettings(said)) this.#settle({ kind: 'origin_first' })
      }
      this.#settle = (outcome) => {
        this.#settle = ignore
        clearTimeout(deadline)
        origin?.off('readable', onOriginReadable)
        resolve(outcome)
      }
      const deadline = setTimeout(() => this.#onDeadline(), timeoutMs)
      origin?.on('readable', onOriginReadable)
      this.#client.resume()
    })
  }

  /** Gives the socket back, stopped, with everything that was read in front. */
  release(): void {
    this.#release((client, read) => client.unshift(read))
  }

  #release(unshift: (client: Socket, read: Buffer) => void): void {
    const client = this.#client
    client.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError)
    stopReading(client)
    const read = Buffer.concat(this.#read)
    this.#read.length = 0
    if (read.length > 0 && !client.destroyed) unshift(client, read)
  }

  /**
   * Gives the socket to TLS: polls once more for a client that has left meanwhile, and then releases. The evidence, where
   * it has. Goes on in the poll phase, for the sake of what TLS writes then.
   */
  async handOver(): Promise<FailureEvidence | undefined> {
    await new Promise((resolve) => setImmediate(resolve))
    await pollPhase()
    const progress = this.#progress()
    if (this.#gone !== undefined) return { ...progress, ...this.#gone }
    // One that has sent an alert has left, also where its FIN is still on the way.
    if (progress.alert !== undefined) return { ...progress, ended: true }
    this.#release(unshiftInPieces)
    return undefined
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#read.push(chunk)
    this.#bytes += chunk.length
    // Early data behind the hello waits in the kernel: TLS reads it when it is its turn.
    if (this.#bytes > EARLY_BYTES) stopReading(this.#client)
    if (this.#isHelloRead) {
      if (lastAlert(this.#read) !== undefined) this.onGone()
      return
    }
    const result = this.#parser.execute(chunk)
    switch (result.kind) {
      case 'need_more':
        return
      case 'hello':
        this.#isHelloRead = true
        this.#settle({ kind: 'tls', hello: result.hello })
        return
      case 'not_tls':
        this.#onCleartext()
        return
      case 'violation':
        this.#onViolation(result.violation)
        return
    }
  }

  /** An alert in the place of a ClientHello is no broken one: OpenSSL sends it where its own settings leave nothing to offer. */
  #onViolation(violation: Violation): void {
    const read = Buffer.concat(this.#read)
    if (read[0] === ALERT_RECORD && read.length < ALERT_RECORD_BYTES) return
    const alert = lastAlert([read.subarray(0, ALERT_RECORD_BYTES)])
    if (alert === undefined) this.#settle({ kind: 'violation', violation })
    else this.#settle({ kind: 'gone', evidence: { side: 'client', phase: 'before_hello', certificateSent: false, alert } })
  }

  /** A preface takes a few octets to tell (`PRI` could be any method), and so does the first line of HTTP/1. */
  #onCleartext(): void {
    this.#isCleartext = true
    const read = Buffer.concat(this.#read)
    const head = read.subarray(0, HTTP2_PREFACE.length)
    const mayBePreface = HTTP2_PREFACE.subarray(0, head.length).equals(head)
    if (mayBePreface && head.length < HTTP2_PREFACE.length) return
    const speaks = mayBePreface ? 'http2' : readFirstLine(read)
    if (speaks !== 'need_more') this.#settle({ kind: 'cleartext', speaks })
  }

  /** A line that nobody has ended may still become a request line: were it to pass unread, a slow client could pass by the rules about requests. */
  #onDeadline(): void {
    if (this.#isCleartext) this.#settle({ kind: 'cleartext', speaks: 'http1' })
    else this.#settle({ kind: 'gone', evidence: { ...this.#progress(), timedOut: true } })
  }

  readonly #onEnd = (): void => this.#leave({ ended: true, reset: wasReset(this.#client) })

  readonly #onError = ({ code, message, syscall }: NodeJS.ErrnoException): void => this.#leave({ code, message, syscall })

  #leave(how: Departure): void {
    this.#gone ??= how
    this.onGone()
    this.#settle({ kind: 'gone', evidence: { ...this.#progress(), ...how } })
  }

  #progress(): FailureEvidence {
    const phase = this.#isHelloRead ? 'mid_handshake' : this.#bytes > 0 ? 'hello' : 'before_hello'
    return { side: 'client', phase, certificateSent: false, alert: this.#isHelloRead ? lastAlert(this.#read) : undefined }
  }
}

/**
 * HTTP/2 servers may send their preface, a SETTINGS frame, without waiting for the client's (RFC 9113 §3.4): what the client
 * speaks shows by its own. Length in 24 bits, a multiple of 6; type 4; no flags; stream 0.
 */
function startsWithSettings(said: Buffer): boolean {
  return (
    said.length >= SETTINGS_HEAD_BYTES && said.readUIntBE(0, 3) % 6 === 0 && said.readUInt16BE(3) === 0x0400 && said.readUInt32BE(5) === 0
  )
}

const SETTINGS_HEAD_BYTES = 9

const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/**
 * The alert in clear that ends what the client has sent: `15 03 xx 00 02 level description` (RFC 8446 §5.1, §6). Of several, the first
 * that says why: a close_notify may follow it (§6.1).
 */
function lastAlert(read: readonly Buffer[]): number | undefined {
  const octets = Buffer.concat(read)
  let found: number | undefined
  for (let end = octets.length; isAlert(octets, end); end -= ALERT_RECORD_BYTES) {
    const alert = octets[end - 1] as number
    if (found === undefined || (alert !== CLOSE_NOTIFY && alert !== USER_CANCELED)) found = alert
  }
  return found
}

/** Whether the octets in front of `end` are an alert's record. */
function isAlert(octets: Buffer, end: number): boolean {
  const at = end - ALERT_RECORD_BYTES
  return at >= 0 && octets[at] === ALERT_RECORD && octets[at + 1] === RECORD_MAJOR && octets.readUInt16BE(at + 3) === 2
}

const ALERT_RECORD = 0x15
const ALERT_RECORD_BYTES = 7

function ignore(): void {}
