/**
 * Admission: what becomes of a first head: proxy authentication, the in-proxy page, the guard against the proxy itself, the
 * connect-phase policy. Pure decisions over a parsed head; main thread.
 */

import type { CloseReason } from '../shared/events/close-reasons.ts'
import type { Decision, Policy } from '../shared/policy/policy.ts'
import { type RefusalFormat, refusalFormat, refuse } from '../shared/refusals/refusal.ts'
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
  readonly isSelf: (host: string, port: number) => boolean
  readonly isDraining: () => boolean
}
