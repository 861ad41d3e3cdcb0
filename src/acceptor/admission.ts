/**
 * Admission: what becomes of a first head: proxy authentication, the in-proxy page, the guard against the proxy itself, the
 * connect-phase policy. Decisions over a parsed head; no sockets. Main thread.
 */

import type { CloseReason } from '../shared/events/close-reasons.ts'
import type { Decision, Policy } from '../shared/policy/policy.ts'
import type { Refusal } from '../shared/refusals/refusal.ts'
import { type RefusalFormat, refusalFormat, refusalResponse } from '../shared/refusals/refusal-response.ts'
import { refusals } from '../shared/refusals/registry.ts'
import type { SelfTargetGuard } from '../shared/targets/self-target-guard.ts'
import type { ParsedHead } from './parsed-head.ts'
import type { ProxyAuthentication } from './proxy-authentication.ts'
import { PROXY_PAGE_HOST, type ProxyPage } from './proxy-page.ts'

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
}

export class Admitter {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  admit(head: ParsedHead, clientIp: string): Admission {
    const { authentication, guard, page, policy } = this.#options
    const format = refusalFormat(head.fields)
    // The page comes before authentication: it explains how to set a client up, and gives away the CA certificate only.
    if (head.kind === 'local' || (head.kind === 'plain' && head.host === PROXY_PAGE_HOST)) {
      return { kind: 'answer', response: page.respond(head) }
    }
    if (authentication !== undefined) {
      const outcome = authentication.authenticate(head.fields)
      if ('code' in outcome) return this.#refuse(outcome, format, 'refused')
    }
    if (guard.isSelf(head.host, head.port)) return this.#refuse(refusals.self_target, format, 'refused')
    const decision = policy.decideConnect({ host: head.host, port: head.port, client: clientIp })
    if (decision.action !== 'block') return { kind: 'admit', decision, refusalFormat: format }
    const response = refusalResponse(refusals.policy_blocked, { format, status: decision.options.blockStatus, body: decision.options.blockBody })
    return { kind: 'refuse', response, code: refusals.policy_blocked.code, reason: 'blocked', decision }
  }

  #refuse(refusal: Refusal, format: RefusalFormat, reason: CloseReason): Admission {
    const realm = this.#options.authentication?.realm
    return { kind: 'refuse', response: refusalResponse(refusal, { format, realm }), code: refusal.code, reason }
  }
}
