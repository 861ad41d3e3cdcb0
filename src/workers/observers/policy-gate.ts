/**
 * PolicyGate: asks policy about each request, and carries out what it says: block, metadata only, edited fields. In front of
 * the observer, and only on connections where a rule about requests can apply. Worker thread.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { HeadEdits } from '../../shared/options/edit-schema.ts'
import type { Decision } from '../../shared/policy/decision.ts'
import { asksForUdp } from '../layers/http/connect-udp.ts'
import { editedHead } from '../layers/http/edited-head.ts'
import type { HeadVerdict, HttpHandler } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { offersUpgrade } from '../layers/http/upgrade-offer.ts'
import { ForwardingHandler } from './forwarding-handler.ts'

/** What the gate asks of its session. */
export interface RequestPolicy {
  /** What policy says to a request whose head has not been told yet. */
  decide(head: MessageHead): Decision
  /** Tells `decision` as an event, where the request is not simply forwarded. */
  tell(exchange: number, decision: Decision): void
  /** The response to a request that `decision` blocks. */
  refusal(decision: Decision, head: MessageHead): Uint8Array
  /** The response to a request for UDP where HTTP/3 is not to pass. */
  udpRefusal(head: MessageHead): Uint8Array
}

/** The upgrade to h2c, which RFC 9113 §3.1 has withdrawn, with the field that Connection names for it. */
const H2C_FIELDS = ['upgrade', 'http2-settings']
const REMOVE_ALT_SVC: HeadEdits = { set: {}, remove: ['alt-svc'] }

export class PolicyGate extends ForwardingHandler {
  readonly #policy: RequestPolicy
  /** Exchanges whose bodies are not observed. */
  readonly #unobserved = new Set<number>()
  /** Exchanges whose responses lose Alt-Svc. */
  readonly #stripping = new Set<number>()
  readonly #responseEdits = new Map<number, HeadEdits>()

  constructor(next: HttpHandler, policy: RequestPolicy) {
    super(next)
    this.#policy = policy
  }

  override onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    const decision = this.#policy.decide(head)
    const verdict = super.onRequestHead(exchange, head)
    this.#policy.tell(exchange, decision)
    if (decision.action === 'block') return { kind: 'respond', response: this.#policy.refusal(decision, head), reason: 'blocked' }
    if (decision.action === 'tunnel') this.#unobserved.add(exchange)
    const { edit, stripsAltSvc } = decision.options
    if (edit?.response !== undefined) this.#responseEdits.set(exchange, edit.response)
    if (stripsAltSvc) {
      if (asksForUdp(head)) return { kind: 'respond', response: this.#policy.udpRefusal(head), reason: 'blocked' }
      this.#stripping.add(exchange)
      super.onAltSvcStripped(exchange)
    }
    const edits = requestEdits(head, edit?.request)
    if (verdict !== undefined || edits === undefined) return verdict
    const edited = editedHead(head, edits)
    return edited === undefined ? undefined : { kind: 'replace', head: edited }
  }

  override onRequestBody(exchange: number, bytes: Uint8Array): void {
    if (!this.#unobserved.has(exchange)) super.onRequestBody(exchange, bytes)
  }

  override onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    const verdict = super.onResponseHead(exchange, head)
    if (verdict !== undefined) return verdict
    const edits = this.#editsFor(exchange, head)
    const edited = edits === undefined ? undefined : editedHead(head, edits)
    return edited === undefined ? undefined : { kind: 'replace', head: edited }
  }

  override onResponseBody(exchange: number, bytes: Uint8Array): void {
    if (!this.#unobserved.has(exchange)) super.onResponseBody(exchange, bytes)
  }

  override onExchangeEnd(exchange: number, reason: CloseReason, code?: number): void {
    super.onExchangeEnd(exchange, reason, code)
    this.#unobserved.delete(exchange)
    this.#stripping.delete(exchange)
    this.#responseEdits.delete(exchange)
  }

  #editsFor(exchange: number, head: MessageHead): HeadEdits | undefined {
    const edits = this.#responseEdits.get(exchange)
    if (!this.#stripping.has(exchange) || head.fields.find('alt-svc') === -1) return edits
    return edits === undefined ? REMOVE_ALT_SVC : { set: edits.set, remove: [...edits.remove, ...REMOVE_ALT_SVC.remove] }
  }
}

/** What is edited of a request. Behind a switch to h2c its successors would pass unread, and by the rules about them. */
function requestEdits({ fields }: MessageHead, edits: HeadEdits | undefined): HeadEdits | undefined {
  if (!offersUpgrade(fields, 'h2c')) return edits
  return { set: edits?.set ?? {}, remove: [...(edits?.remove ?? []), ...H2C_FIELDS] }
}
