/**
 * Admission: what becomes of a first head: proxy authentication, the in-proxy page, the guard against the proxy itself, the
 * connect-phase policy. Decisions over a parsed head; no sockets. Main thread.
 */

import type { CloseReason } from '../shared/events/close-reasons.ts'
import { negotiateFormat, type RefusalFormat } from '../shared/http/accept-negotiation.ts'
import type { ProxyAuthentication } from '../shared/http/proxy-authentication.ts'
import type { Decision } from '../shared/policy/decision.ts'
import type { Policy } from '../shared/policy/policy.ts'
import type { ClientOwner } from '../shared/policy/policy-facts.ts'
import { PROXY_PAGE_HOST, PROXY_PAGE_PORT, type ProxyPage } from '../shared/proxy-page/proxy-page.ts'
import type { Refusal } from '../shared/refusals/refusal.ts'
import { refusalResponse } from '../shared/refusals/refusal-response.ts'
import { refusals } from '../shared/refusals/registry.ts'
import type { SelfTargetGuard } from '../shared/targets/self-target-guard.ts'
import type { ParsedHead } from './head/parsed-head.ts'

export type Admission =
  | { readonly kind: 'admit'; readonly decision: Decision; readonly refusalFormat: RefusalFormat }
  /** The engine itself answers: the in-proxy page. */
  | { readonly kind: 'answer'; readonly response: Uint8Array }
  | {
      readonly kind: 'refuse'
      readonly response: Uint8Array
      readonly code: string
      readonly reason: CloseReason
      /** Where policy refused. */
      readonly decision?: Decision
    }

export interface AdmissionOptions {
  readonly policy: Policy
  readonly authentication: ProxyAuthentication | undefined
  readonly page: ProxyPage
  readonly guard: SelfTargetGuard
  /** Whether `client` shall reach `host` past the engine: learned, or configured. */
  readonly isBypassed: (client: string, host: string) => boolean
}

/** What `connect_decision` names as the rule. */
const LEARNED_BYPASS = 'learned_bypass'

export class Admitter {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  admit(head: ParsedHead, clientIp: string, owner?: ClientOwner): Admission {
    const { authentication, guard, page, policy } = this.#options
    const format = negotiateFormat(head.fields)
    // The page comes before authentication: it explains how to set a client up, and gives away the CA certificate only.
    if (head.kind === 'plain' && head.host === PROXY_PAGE_HOST && head.port === PROXY_PAGE_PORT) {
      return { kind: 'answer', response: page.respond({ method: head.method, path: head.path, format }, Date.now()) }
    }
    if (head.kind === 'local') return this.#local(head, format)
    if (authentication !== undefined) {
      const outcome = authentication.authenticate(head.fields)
      if ('code' in outcome) return this.#refuse(outcome, head, format)
    }
    if (guard.isSelf(head.host, head.port)) return this.#refuse(refusals.self_target, head, format)
    const facts = { host: head.host, port: head.port, client: clientIp, ...owner, nowMs: Date.now() }
    const decision = this.#bypassed(policy.decideConnect(facts), head, clientIp)
    if (decision.action !== 'block') return { kind: 'admit', decision, refusalFormat: format }
    const response = refusalResponse(refusals.policy_blocked, {
      nowMs: Date.now(),
      format,
      method: head.method,
      target: head.target,
      detail: `rule ${decision.rule}`,
      status: decision.options.blockStatus,
      body: decision.options.blockBody,
      contentType: decision.options.blockContentType,
    })
    return { kind: 'refuse', response, code: refusals.policy_blocked.code, reason: 'blocked', decision }
  }

  /** A bypass stands behind ignore_hosts and every rule that tunnels or blocks: it only spares what would be intercepted. */
  #bypassed(decision: Decision, head: ParsedHead, clientIp: string): Decision {
    if (decision.action !== 'intercept' || head.kind !== 'connect' || !this.#options.isBypassed(clientIp, head.host)) return decision
    return { ...decision, action: 'tunnel', rule: LEARNED_BYPASS }
  }

  /** Opened as if it were a web server: show the page where the Host says so, else say what this is. */
  #local(head: ParsedHead, format: RefusalFormat): Admission {
    if (head.fields.first('host')?.toLowerCase() !== PROXY_PAGE_HOST) return this.#refuse(refusals.not_a_proxy_request, head, format)
    return { kind: 'answer', response: this.#options.page.respond({ method: head.method, path: head.path, format }, Date.now()) }
  }

  #refuse(refusal: Refusal, head: ParsedHead, format: RefusalFormat): Admission {
    const realm = this.#options.authentication?.realm
    const response = refusalResponse(refusal, { nowMs: Date.now(), format, realm, method: head.method, target: head.target })
    return { kind: 'refuse', response, code: refusal.code, reason: 'refused' }
  }
}
