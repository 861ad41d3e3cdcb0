/**
 * Decision: what policy says of a flow or a request, and what it would have said where it is not in force. Pure data; every thread.
 */

import type { FlowOptions } from './flow-options.ts'

/** Named where no rule decides. */
export const DEFAULT_RULE = 'default'

export interface Decision {
  readonly action: 'intercept' | 'tunnel' | 'block'
  /** Name of the deciding rule; `default` or `ignore_hosts` where no rule decided. */
  readonly rule: string
  readonly options: FlowOptions
  /**
   * A rule that needs later facts stands before the one that decides: the connection is intercepted so that it can be judged,
   * and each request is to be decided anew.
   */
  readonly isPending: boolean
  /** `mode: shadow`: what it would have been. */
  readonly shadow?: ShadowVerdict
  /** The policy beside this one decides otherwise. */
  readonly difference?: PolicyDifference | undefined
  /** The policy beside this one needs later facts. */
  readonly isShadowPending?: boolean
}

/** What a policy that is not in force has left undone. */
export type Withheld = 'block' | 'edit' | 'strip_alt_svc' | 'fault'

export interface ShadowVerdict {
  readonly would: Decision['action']
  readonly withheld: readonly Withheld[]
}

/** How the decision of the policy beside differs from that of the one in force. */
export interface PolicyDifference {
  readonly active: Decision['action']
  readonly shadow: Decision['action']
  readonly shadowRule: string
  readonly differs: 'action' | 'options'
}
