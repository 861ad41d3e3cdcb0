/**
 * Intake: one client connection from accept until it is handed to a shard, answered, or refused. Main thread.
 *
 *     accept ─▶ read head ─┬─ CONNECT ────────┐
 *                          ├─ absolute-form ──┼─▶ admit ─┬─▶ hand off
 *                          ├─ in-proxy page ──┘          ├─▶ answer and close
 *                          └─ anything else ─────────────┴─▶ refuse and close
 *
 * Costs a connection one accept and, nearly always, one read. A flow begins with its first head: a connection that closes
 * without a byte is counted and leaves no events.
 */

import type { Socket } from 'node:net'
import type { CloseReason } from '../shared/events/close-reasons.ts'
import { FlowCursor } from '../shared/events/flow-cursor.ts'
import type { EventInput } from '../shared/events/record/event-input.ts'
import type { EventName } from '../shared/events/schema.ts'
import type { ClientOwner } from '../shared/policy/policy-facts.ts'
import { differenceFacts, shadowFacts } from '../shared/policy/shadow-report.ts'
import type { Refusal } from '../shared/refusals/refusal.ts'
import { refusalResponse } from '../shared/refusals/refusal-response.ts'
import { refusalSlot } from '../shared/refusals/refusal-slots.ts'
import { refusals } from '../shared/refusals/registry.ts'
import { stopReading } from '../shared/socket-handle.ts'
import { formatAuthority } from '../shared/targets/authority.ts'
import type { Violation } from '../shared/violations/violation.ts'
import type { Admission } from './admission.ts'
import { HeadParser, isViolation, NEED_MORE } from './head/head-parser.ts'
import type { ParsedHead } from './head/parsed-head.ts'
import type { IntakeContext } from './intake-context.ts'

export class Intake {
  readonly #context: IntakeContext
  readonly #socket: Socket
  readonly #parser: HeadParser
  readonly #client: ClientAddress
  readonly #acceptedAt = performance.now()
  readonly #deadline: NodeJS.Timeout
  readonly #onDone: () => void
  #done = false
  /** While it is found out who the client is: what has come meanwhile. */
  #held: Buffer[] | undefined = undefined

  constructor(context: IntakeContext, socket: Socket, onDone: () => void) {
    this.#context = context
    this.#socket = socket
    this.#onDone = onDone
    this.#parser = new HeadParser({ headBytes: context.options.limits.head_bytes, headFields: context.options.limits.head_fields })
    this.#client = clientAddressOf(socket)
    this.#deadline = setTimeout(() => this.refuse(refusals.head_timeout, 'stage_timeout'), context.options.limits.head_timeout_ms)
    socket.on('data', this.#onData).on('end', this.#onEnd).on('error', ignore).on('close', this.#onClose)
  }

  /** Answers before the head has come: the proxy drains. */
  refuse(refusal: Refusal, reason: CloseReason): void {
    if (this.#done || this.#held !== undefined) return
    const flow = this.#beginFlow('', 0)
    this.#context.counters.addRefused(refusalSlot(refusal.code))
    this.#answer(flow, refusalResponse(refusal, { nowMs: Date.now() }), reason, refusal.code)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#done) return
    if (this.#held !== undefined) {
      this.#held.push(chunk)
      return
    }
    const outcome = this.#parser.execute(chunk)
    if (outcome === NEED_MORE) return
    if (isViolation(outcome)) this.#violate(outcome)
    else this.#onHead(outcome)
  }

  readonly #onEnd = (): void => {
    if (this.#done || this.#held !== undefined) return
    const violation = this.#parser.finish()
    if (violation === undefined) this.#socket.destroy()
    else this.#violate(violation)
  }

  readonly #onClose = (): void => {
    this.#context.counters.add('closed')
    this.#finish()
  }

  #onHead(head: ParsedHead): void {
    const flow = this.#beginFlow(head.host, head.port)
    this.#emit(flow, 'connect_received', { method: head.method, authority: head.target, fields: head.fields })
    const search = this.#context.owners?.ownerOf(this.#socket)
    if (search === undefined) this.#admit(flow, head)
    else this.#hold(flow, head, search)
  }

  /** The client waits until it is known who it is; what it sends meanwhile is kept for whoever reads on. */
  async #hold(flow: FlowCursor, head: ParsedHead, search: Promise<ClientOwner | undefined>): Promise<void> {
    clearTimeout(this.#deadline)
    this.#held = []
    this.#socket.pause()
    const owner = await search
    stopReading(this.#socket)
    // Each emits `data`, and is kept.
    while (this.#socket.read() !== null);
    const held = this.#held
    this.#held = undefined
    if (this.#socket.destroyed) this.#answer(flow, undefined, 'client_reset', 'the client closed before it was known who it is')
    else this.#admit(flow, held.length === 0 ? head : { ...head, rest: Buffer.concat([head.rest, ...held]) }, owner)
  }

  #admit(flow: FlowCursor, head: ParsedHead, owner?: ClientOwner): void {
    const admission = this.#context.admitter.admit(head, this.#client.ip, owner)
    const difference =
      'decision' in admission && admission.decision !== undefined ? differenceFacts(admission.decision, 'connect') : undefined
    if (difference !== undefined) this.#emit(flow, 'policy_difference', difference)
    switch (admission.kind) {
      case 'answer':
        this.#answer(flow, admission.response, 'completed', '')
        return
      case 'refuse':
        if (admission.decision !== undefined) {
          this.#emit(flow, 'connect_decision', { decision: 'block', rule: admission.decision.rule, phase: 'connect', code: admission.code })
        }
        this.#context.counters.addRefused(refusalSlot(admission.code))
        this.#answer(flow, admission.response, admission.reason, admission.code)
        return
      case 'admit':
        this.#handOff(flow, head, admission, owner)
        return
    }
  }

  #handOff(flow: FlowCursor, head: ParsedHead, admission: Extract<Admission, { kind: 'admit' }>, owner: ClientOwner | undefined): void {
    const { decision } = admission
    stopReading(this.#socket)
    this.#finish()
    this.#socket.off('error', ignore).off('close', this.#onClose)
    this.#emit(flow, 'connect_decision', { decision: decision.action, rule: decision.rule, phase: 'connect', ...shadowFacts(decision) })
    const result = this.#context.gateway.handOff(this.#socket, {
      flow: flow.number,
      flowSeq: flow.seq,
      kind: head.kind === 'connect' ? 'connect' : 'plain',
      host: head.host,
      port: head.port,
      clientAddress: this.#client.text,
      clientIp: this.#client.ip,
      owner,
      decision,
      refusalFormat: admission.refusalFormat,
      unread: unreadOf(head),
    })
    if (result === 'handed_off') return
    this.#socket.on('error', ignore).on('close', this.#onClose)
    switch (result) {
      case 'gone':
        this.#answer(flow, undefined, 'client_reset', 'the client closed before it was handed to a worker')
        return
      case 'no_shard':
        this.#refuseHandOff(flow, refusals.worker_unavailable)
        return
      case 'no_descriptor':
        this.#refuseHandOff(flow, refusals.session_limit)
        return
    }
  }

  #refuseHandOff(flow: FlowCursor, refusal: Refusal): void {
    this.#context.counters.addRefused(refusalSlot(refusal.code))
    this.#answer(flow, refusalResponse(refusal, { nowMs: Date.now() }), 'limit_exceeded', refusal.code)
  }

  /** The first head broke a rule, or did not come in time. */
  #violate(violation: Violation): void {
    const flow = this.#beginFlow('', 0)
    this.#emit(flow, 'connect_parse_failed', { violation: violation.code, detail: violation.message, status: violation.status })
    this.#context.counters.addRefused(refusalSlot(violation.code))
    this.#answer(
      flow,
      violation.status === 0 ? undefined : refusalResponse(violation, { nowMs: Date.now() }),
      'connect_parse_failed',
      violation.code,
    )
  }

  #answer(flow: FlowCursor, reply: Uint8Array | undefined, reason: CloseReason, detail: string): void {
    this.#finish()
    this.#emit(flow, 'stream_closed', {
      close_reason: reason,
      duration_ms: performance.now() - this.#acceptedAt,
      ...(detail === '' ? {} : { detail }),
    })
    if (reply === undefined) this.#socket.destroy()
    else this.#context.closer.close(this.#socket, reply)
  }

  #beginFlow(host: string, port: number): FlowCursor {
    const flow = new FlowCursor(this.#context.nextFlow(), 0, 'tunnel')
    this.#context.events.flowContext(flow, this.#client.text, host, port, performance.now())
    return flow
  }

  #emit<Name extends EventName>(flow: FlowCursor, name: Name, values: EventInput<Name>): void {
    this.#context.events.emit(name, flow, values, performance.now())
  }

  /** This connection is no longer in the intake's care. */
  #finish(): void {
    if (this.#done) return
    this.#done = true
    clearTimeout(this.#deadline)
    this.#socket.off('data', this.#onData).off('end', this.#onEnd)
    this.#onDone()
  }
}

/** In memory of their own: between threads a view is cloned with all of the buffer that it is a view of, which for pooled ones is 64 KiB. */
function unreadOf({ kind, raw, rest }: ParsedHead): Uint8Array | undefined {
  const head = kind === 'connect' ? NO_OCTETS : raw
  const length = head.length + rest.length
  if (length === 0) return undefined
  const unread = new Uint8Array(length)
  unread.set(head)
  unread.set(rest, head.length)
  return unread
}

const NO_OCTETS = new Uint8Array(0)

interface ClientAddress {
  /** For policy; empty on a Unix socket, which has no address. */
  readonly ip: string
  /** For events: `ip:port`, `[v6]:port`, or `unix`. */
  readonly text: string
}

const IPV4_MAPPED = '::ffff:'

function clientAddressOf(socket: Socket): ClientAddress {
  const { remoteAddress, remotePort } = socket
  if (remoteAddress === undefined || remotePort === undefined) return { ip: '', text: 'unix' }
  // A dual-stack listener shows IPv4 clients as mapped addresses; everyone knows them by the plain one.
  const ip = remoteAddress.startsWith(IPV4_MAPPED) ? remoteAddress.slice(IPV4_MAPPED.length) : remoteAddress
  return { ip, text: formatAuthority(ip, remotePort) }
}

function ignore(): void {}
