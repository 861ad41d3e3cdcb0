/**
 * TlsFaults: what faults do to the handshakes of a session: its own two, or the one that passes through its tunnel. Made only where
 * a rule asks and the draw does. Worker thread.
 */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { FlowCursor } from '../../shared/events/flow-cursor.ts'
import { NO_STREAM } from '../../shared/events/record/record-descriptor.ts'
import type { FaultOf } from '../../shared/faults/schema/fault-schema.ts'
import type { Decision } from '../../shared/policy/decision.ts'
import { CLIENT, ORIGIN } from '../../shared/side.ts'
import { resetNow } from '../../shared/socket-handle.ts'
import type { ArmedFault } from '../faults/armed-fault.ts'
import type { FaultJudge } from '../faults/fault-judge.ts'
import { GatedTransport, type TlsTransport } from '../handshakes/gated-transport.ts'
import { afterResetGap } from '../reset-gap.ts'
import { type Farewell, FIN_ALONE, SessionFailure } from '../session-failure.ts'
import type { FailureEvidence } from '../tls/failure/failure-evidence.ts'
import type { LeafDefect } from '../tls/leaf/faulty-leaves.ts'
import { HandshakeGate } from '../tls/records/handshake-gate.ts'

type Abort = FaultOf<'tls_abort'>

/** RFC 8446 §6.2. */
const PROTOCOL_VERSION = 70
const NO_APPLICATION_PROTOCOL = 120

/** What the faults of handshakes ask of their session. */
export interface HandshakeOwner {
  readonly client: Socket
  readonly flow: FlowCursor
  readonly decision: Decision
  readonly context: { readonly faults: FaultJudge }
  readonly limits: { readonly handshake_timeout_ms: number }
  /** However the flow ends from now on, it is the doing of a fault. */
  endsByFault: boolean
  /** Calls `call` when the session is over. */
  onOver(call: () => void): void
  /** Ends the session, whatever stage it is in. */
  abort(failure: SessionFailure): void
}

/** What is to happen to the handshakes of `session`; undefined: nothing, as nearly always. Drawn for once per flow. */
export function armTlsFaults(session: HandshakeOwner): TlsFaults | undefined {
  const { faults } = session.decision.options
  if (faults.length === 0) return undefined
  const armed = session.context.faults.arm('tls', faults, session.flow, NO_STREAM)
  return armed === undefined ? undefined : new TlsFaults(session, armed)
}

/** A fatal alert in clear (RFC 8446 §5.1, §6). */
export function alertRecord(description: number): Uint8Array {
  return Uint8Array.of(0x15, 0x03, 0x03, 0x00, 0x02, 0x02, description)
}

export class TlsFaults {
  readonly #session: HandshakeOwner
  readonly #armed: readonly ArmedFault[]
  #originGate: HandshakeGate | undefined = undefined

  constructor(session: HandshakeOwner, armed: readonly ArmedFault[]) {
    this.#session = session
    this.#armed = armed
    session.onOver(() => {
      for (const fault of armed) fault.release()
    })
  }

  /** Our handshake with the origin is to be met: a parked connection would have none. */
  get wantsHandshake(): boolean {
    return this.#abortOf('upstream') !== undefined
  }

  /** Intercepted: what happens as soon as the ClientHello is known. Throws where that ends the session. */
  async atClientHello(): Promise<void> {
    for (const fault of this.#armed) {
      const { options } = fault
      if (options.kind === 'tls_refuse') {
        const alert = options.what === 'version' ? PROTOCOL_VERSION : NO_APPLICATION_PROTOCOL
        this.#tell(fault, 0, { alert, in_clear: true })
        throw new SessionFailure('fault_injected', fault.detail, alertRecord(alert))
      }
      if (options.kind !== 'tls_abort' || options.side !== 'client' || options.at !== 'client_hello') continue
      this.#tell(fault, 0, applied(options))
      if (options.how === 'stall') await this.#stall()
      throw failureOf(fault, options)
    }
  }

  /** The defect of the certificate that the client is to be shown. */
  takeDefect(): LeafDefect | undefined {
    const fault = this.#armed.find(({ options }) => options.kind === 'tls_certificate')
    if (fault === undefined) return undefined
    this.#tell(fault, 0, 'as_asked')
    return (fault.options as FaultOf<'tls_certificate'>).defect
  }

  /** What our handshake with the client stands on. */
  clientTransport(): TlsTransport {
    const { client } = this.#session
    const abort = this.#abortOf('client')
    if (abort === undefined) return client
    const [fault, options] = abort
    const gate = new HandshakeGate(options.at)
    const onReached = () => {
      this.#tell(fault, gate.position, applied(options))
      this.#session.endsByFault = true
      if (options.how !== 'stall') this.#afterwards(options, () => this.#session.abort(failureOf(fault, options)))
    }
    return new GatedTransport(client, CLIENT, gate, onReached)
  }

  /** Our handshake with the origin has been met: in TLS 1.3 it looks complete to us before the origin has had our Finished. */
  get hasMetOrigin(): boolean {
    return this.#originGate?.isReached === true
  }

  /** What that handshake comes to, which looks complete to us: its end as the fault has it; of a stall its time, or the session's end. */
  async metOrigin(secure: TLSSocket, timeoutMs: number): Promise<Pick<FailureEvidence, 'ended' | 'timedOut'>> {
    if (secure.destroyed) return { ended: true }
    return new Promise((resolve) => {
      const deadline = setTimeout(() => resolve({ timedOut: true }), timeoutMs)
      secure.once('close', () => {
        clearTimeout(deadline)
        resolve({ ended: true })
      })
    })
  }

  /** What our handshake with the origin stands on. */
  originTransport(tcp: Socket): TlsTransport {
    const abort = this.#abortOf('upstream')
    if (abort === undefined) return tcp
    const [fault, options] = abort
    const gate = new HandshakeGate(options.at)
    this.#originGate = gate
    const onReached = () => {
      this.#tell(fault, gate.position, applied(options))
      this.#afterwards(options, () => closeOrigin(tcp, options))
    }
    // In our handshake with the origin we are the client.
    return new GatedTransport(tcp, ORIGIN, gate, onReached)
  }

  /** Of a tunnel: the fault that meets the handshake which passes through it. The others have nothing to act on. */
  forTunnel(): readonly [ArmedFault, Abort] | undefined {
    for (const fault of this.#armed) {
      if (fault.options.kind !== 'tls_abort') this.#tell(fault, 0, { not_applicable: 'the tunnel is not opened' })
    }
    return this.#abortOf('client') ?? this.#abortOf('upstream')
  }

  /** Tells that the handshake in a tunnel has been met. */
  tellReached(fault: ArmedFault, position: number, options: Abort): void {
    this.#tell(fault, position, applied(options))
  }

  #abortOf(side: Abort['side']): readonly [ArmedFault, Abort] | undefined {
    for (const fault of this.#armed) {
      const { options } = fault
      if (options.kind === 'tls_abort' && options.side === side) return [fault, options]
    }
    return undefined
  }

  /** Not from inside a read, or a write, of the TLS above; a reset not before what stands in front of it has been read. */
  #afterwards({ how }: Abort, call: () => void): void {
    if (how === 'reset') afterResetGap(call)
    else setTimeout(call, 0)
  }

  #tell(fault: ArmedFault, position: number, applied: unknown): void {
    this.#session.context.faults.report(fault, 'tls', position, 'bytes', applied)
  }

  /** Says nothing until the client goes, or the handshake's time is over. */
  #stall(): Promise<void> {
    const { client, limits } = this.#session
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limits.handshake_timeout_ms)
      client.once('end', () => client.destroy())
      client.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

function closeOrigin(tcp: Socket, { how, alert }: Abort): void {
  if (how === 'reset') resetNow(tcp)
  else if (how === 'fin') tcp.destroy()
  else if (how === 'alert') tcp.end(alertRecord(alert), () => tcp.destroy())
}

/** An alert of ours behind the ServerHello is in clear where TLS 1.3 wants it encrypted: the keys are not ours, or not at hand. */
function applied(options: Abort): unknown {
  return options.how === 'alert' ? { alert: options.alert, in_clear: true } : 'as_asked'
}

function failureOf(fault: ArmedFault, options: Abort): SessionFailure {
  return new SessionFailure('fault_injected', fault.detail, farewellOf(options))
}

function farewellOf({ how, alert }: Abort): Farewell {
  switch (how) {
    case 'alert':
      return alertRecord(alert)
    case 'fin':
      return FIN_ALONE
    case 'reset':
      return 'reset'
    case 'stall':
      return 'close'
  }
}
