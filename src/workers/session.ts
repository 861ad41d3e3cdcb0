/**
 * Session: one client connection from adoption to close; what it owns, and how it ends. Worker thread.
 *
 * The stages that bring it to its relay are in `stages/connect-stages.ts` (CONNECT) and `stages/plain-stages.ts` (absolute-form requests).
 * Whatever happens, the flow gets exactly one terminal event, with one reason, and both sockets are closed.
 */

import type { Socket } from 'node:net'
// The module's, not the global: that is a getter, and this clock is read at every socket read.
import { performance } from 'node:perf_hooks'
import { stackOf } from '../shared/errors.ts'
import type { CloseReason } from '../shared/events/close-reasons.ts'
import { FlowCursor } from '../shared/events/flow-cursor.ts'
import type { Protocol } from '../shared/events/protocols.ts'
import type { EventInput } from '../shared/events/record/event-input.ts'
import type { EventName } from '../shared/events/schema.ts'
import type { EngineOptions } from '../shared/options/schema.ts'
import type { Decision } from '../shared/policy/decision.ts'
import { CLIENT, ORIGIN, type Side } from '../shared/side.ts'
import { resetNow } from '../shared/socket-handle.ts'
import type { Ticket } from '../shared/ticket.ts'
import { armRelayFaults, type RelayFaults } from './fault-points/relay-faults.ts'
import type { TlsFaults } from './fault-points/tls-faults.ts'
import type { Layer } from './layers/layer.ts'
import type { SwitchedReader } from './observers/observation.ts'
import { Relay } from './relay.ts'
import type { Endpoint, RelayHandler } from './relay-handler.ts'
import type { SessionExchanges } from './session-exchanges.ts'
import { SessionFailure } from './session-failure.ts'
import type { ShardContext } from './shard-context.ts'

/** How long a session that has ended waits for its decoders: many times what the bounds of a body allow (`limits/layers/content-coding.ts`). */
const SETTLE_MS = 5_000

/** How long a client may take to read a refusal and close (RFC 9112 §9.6). */
const LINGER_MS = 2_000

export class Session implements RelayHandler {
  readonly context: ShardContext
  readonly ticket: Ticket
  /** What policy says: at the CONNECT first, and again once the ClientHello is known. */
  decision: Decision
  /** The client's TCP (or Unix) socket. */
  readonly client: Socket
  readonly flow: FlowCursor
  readonly openedAt: number
  /** Time of the last socket read: what idle deadlines and events are measured by. */
  now: number
  /** What the ClientHello asked for, once it is known. */
  sni: string | undefined = undefined
  /** Its fingerprint, where a rule asks for it. */
  ja4: string | undefined = undefined
  /** A violation to name in the terminal event. */
  violation: string | undefined = undefined
  /** What goes wrong on purpose in the handshakes; nearly always nothing. */
  tlsFaults: TlsFaults | undefined = undefined
  /** However the flow ends from now on, it is the doing of a fault. */
  endsByFault = false
  /** Whoever connects to the origin is cut off by ourselves. */
  hasGivenUpOrigin = false
  /** What reads the exchanges, where something does. */
  exchanges: SessionExchanges | undefined = undefined
  /** Set by what reads HTTP: lets `reader` read what an exchange that has left it goes on with. */
  onSwitch: (exchange: number, reader: SwitchedReader) => void = ignore
  /** Set where TLS is relayed: an alert may come behind the handshake. */
  onTlsError: (side: Side, error: NodeJS.ErrnoException) => void = ignore
  /** Set where the origin's connection may serve another client: parks it, if it is fit for that. */
  parkOrigin: () => boolean = () => false
  /** Set where it has served another client: opens one in its place, where it is lost before it has answered this one anything. */
  reopenOrigin: (octets: number, loss: string) => Endpoint | undefined = () => undefined
  /** Called once, when the terminal event is written and the client's socket is closed. */
  readonly #onEnd: (session: Session) => void
  readonly #whenOver: (() => void)[] = []
  #origin: Socket | undefined = undefined
  #relay: Relay | undefined = undefined
  /** What goes wrong on purpose in the relay; nearly always nothing. */
  #faults: RelayFaults | undefined = undefined
  /** The client has closed while a stage was awaited. */
  #clientGone: SessionFailure | undefined = undefined
  #ended = false

  constructor(context: ShardContext, ticket: Ticket, client: Socket, onEnd: (session: Session) => void) {
    this.context = context
    this.ticket = ticket
    this.decision = ticket.decision
    this.client = client
    this.flow = new FlowCursor(ticket.flow, ticket.flowSeq, 'tunnel')
    this.openedAt = this.now = performance.now()
    this.#onEnd = onEnd
    // Tells whose flow it is from now on, so that the death of this thread ends those flows too that have told nothing else.
    context.events.flowContext(this.flow, ticket.clientAddress, ticket.host, ticket.port, this.openedAt)
    client.on('error', ignore)
    client.on('close', this.#onClientClose)
  }

  /** Runs `stages` until the relay takes over; every failure ends the session with its reason. */
  async run(stages: (session: Session) => Promise<void>): Promise<void> {
    try {
      await stages(this)
    } catch (error) {
      if (error instanceof SessionFailure) this.#fail(error)
      else {
        this.context.log('error', `session failed: ${stackOf(error)}`)
        this.#fail(new SessionFailure('upstream_connect_failed', 'internal error'))
      }
    }
  }

  /** While a stage is awaited: it finds out by `checkAlive`, or by its own socket's end, which tells more. */
  readonly #onClientClose = (): void => {
    this.#clientGone = new SessionFailure('client_reset', 'the client closed before the relay began')
    this.giveUpOrigin()
  }

  /** The client has left while an origin is being connected to: that is given up, and is no failure of the origin's. */
  giveUpOrigin(): void {
    this.hasGivenUpOrigin = true
    this.#origin?.destroy()
  }

  /** Ends the session for a reason from outside (a deadline, a drain), now, whatever stage it is in. */
  giveUp(reason: CloseReason, detail: string): void {
    if (this.#relay !== undefined) this.#relay.close(reason, detail)
    else if (this.#ended) this.client.destroy()
    else this.#fail(new SessionFailure(reason, detail))
  }

  /** Ends the session as soon as nothing is under way: between two exchanges, and a tunnel not at all. */
  leave(): void {
    this.#relay?.leave('draining', 'the engine is draining')
  }

  /** Calls `call` when the session is over. */
  onOver(call: () => void): void {
    this.#whenOver.push(call)
  }

  /** Ends the session as a stage that throws `failure` would, from outside of one. */
  abort(failure: SessionFailure): void {
    const relay = this.#relay
    if (relay === undefined) {
      this.#fail(failure)
      return
    }
    const { farewell, reason, message } = failure
    if (farewell === 'reset') {
      relay.reset(reason, message)
      return
    }
    // Beneath what the relay stands on, which says nothing any more.
    if (farewell !== 'close' && this.client.writable) this.client.end(farewell)
    relay.finish(reason, message)
  }

  /** The general limits, or those that a rule has for this connection. */
  get limits(): EngineOptions['limits'] {
    const { limits } = this.context.options
    const own = this.decision.options.limits
    return own === undefined ? limits : ({ ...limits, ...own } as EngineOptions['limits'])
  }

  get isRelaying(): boolean {
    return this.#relay !== undefined
  }

  /** Whether nothing is under way: between two exchanges. A tunnel is never quiet. */
  get isQuiet(): boolean {
    return this.exchanges?.isQuiet === true
  }

  switchTo(exchange: number, reader: SwitchedReader): void {
    this.onSwitch(exchange, reader)
  }

  get origin(): Socket | undefined {
    return this.#origin
  }

  /** The origin's TCP socket, from the moment that it dials: the session's end destroys it. */
  set origin(socket: Socket) {
    this.#origin = socket
    if (this.#ended || this.hasGivenUpOrigin) socket.destroy()
  }

  /** Throws when the session has ended, or its client has gone, while a stage was awaited. */
  checkAlive(): void {
    this.checkWanted()
    if (this.#clientGone !== undefined) throw this.#clientGone
  }

  /** Throws when the session was given up while a stage was awaited. */
  checkWanted(): void {
    if (this.#ended) throw new SessionFailure('draining', 'given up')
  }

  startRelay(protocol: Protocol, client: Endpoint, origin: Endpoint, layer: Layer): Relay {
    this.flow.protocol = protocol
    this.client.off('close', this.#onClientClose)
    this.now = performance.now()
    const faults = armRelayFaults(this.context.faults, this.decision.options.faults, this.flow)
    const relay =
      faults === undefined
        ? new Relay(client, origin, layer, this)
        : new Relay(faults.wrap(CLIENT, client), faults.wrap(ORIGIN, origin), layer, this)
    this.#relay = relay
    if (faults !== undefined) this.#beginFaults(faults, relay)
    relay.start()
    return relay
  }

  #beginFaults(faults: RelayFaults, relay: Relay): void {
    this.#faults = faults
    // What stands before its socket is this relay's own.
    this.parkOrigin = () => false
    this.reopenOrigin = () => undefined
    faults.begin(relay)
  }

  /** Writes an event of this flow; none follows the terminal one. */
  emit<Name extends EventName>(name: Name, values: EventInput<Name>): void {
    if (this.#ended) return
    this.now = performance.now()
    this.context.events.emit(name, this.flow, values, this.now)
  }

  /** Idle since the last byte in either direction, ms. */
  idleFor(now: number): number {
    return now - this.now
  }

  takeOrigin(): boolean {
    return this.parkOrigin()
  }

  onRelayActivity(side: Side, octets: number): void {
    this.now = performance.now()
    this.context.counters.add(side === CLIENT ? 'bytes_client' : 'bytes_origin', octets)
  }

  onRelayError(side: Side, error: NodeJS.ErrnoException): void {
    this.onTlsError(side, error)
  }

  /** The terminal event comes last: behind those of bodies that are still being decoded. */
  onRelayEnd(reason: CloseReason, detail: string): void {
    const { exchanges } = this
    const endedAt = performance.now()
    if (this.#faults?.endsFlow === true) this.endsByFault = true
    if (exchanges === undefined || exchanges.isSettled) {
      this.#end(reason, detail, endedAt)
      return
    }
    const deadline = setTimeout(() => exchanges.abandon(), SETTLE_MS)
    exchanges.onSettled = () => {
      clearTimeout(deadline)
      this.#end(reason, detail, endedAt)
    }
  }

  /** Leaves the client as `failure` says: one that still waits for its CONNECT is answered. */
  #fail(failure: SessionFailure): void {
    if (this.#ended) return
    this.#origin?.destroy()
    this.#end(failure.reason, failure.message)
    const { client } = this
    const { farewell } = failure
    if (farewell === 'reset') resetNow(client)
    else if (farewell === 'close' || !client.writable) client.destroy()
    else {
      client.end(farewell)
      client.resume()
      const linger = setTimeout(() => client.destroy(), LINGER_MS)
      client.once('close', () => clearTimeout(linger))
    }
  }

  #end(reason: CloseReason, detail: string, endedAt = performance.now()): void {
    if (this.#ended) return
    const relay = this.#relay
    this.emit('stream_closed', {
      close_reason: this.endsByFault ? 'fault_injected' : reason,
      bytes_client: relay?.bytes[CLIENT] ?? 0,
      bytes_origin: relay?.bytes[ORIGIN] ?? 0,
      duration_ms: endedAt - this.openedAt,
      ...(this.violation === undefined ? {} : { violation: this.violation }),
      ...(detail === '' ? {} : { detail }),
    })
    this.#ended = true
    this.#faults?.release()
    for (const call of this.#whenOver) call()
    if (this.client.closed) this.#onEnd(this)
    else this.client.once('close', () => this.#onEnd(this))
  }
}

function ignore(): void {}
