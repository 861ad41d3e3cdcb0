/**
 * FlowOptions: what a decision carries besides its action. Merged from every rule that held on the way to the decision.
 *
 * First match wins for each option by itself: the first rule in order that names an option sets it, be it a rule without an
 * action or the one that decides. Faults are the exception: they add up. No thread of its own.
 */

import { FAULT_FIELD } from '../faults/fault-field.ts'
import { NO_FAULTS, type RuleFault } from '../faults/rule-fault.ts'
import type { RuleOptions } from '../options/rule-schema.ts'
import type { EngineOptions } from '../options/schema.ts'

export interface FlowOptions {
  /** Octets of each body that go into body chunk events. */
  readonly captureBodyBytes: number
  /** How much of what bodies carry becomes events. */
  readonly observe: EngineOptions['observe']
  /** False: ambiguous HTTP/1.1 framing is relayed opaquely instead of refused. */
  readonly strict: boolean
  /** False: any origin certificate will do. */
  readonly verifyUpstream: boolean
  /** Fields that heads are to have, or not to have. */
  readonly edit: RuleOptions['edit']
  /** Alt-Svc is taken out of responses, so that clients stay on TCP. */
  readonly stripsAltSvc: boolean
  /** Names of fields, lower case, that events of this flow do not carry the values of, beside the general ones. */
  readonly redacted: readonly string[] | undefined
  /** How the two handshakes are to go, where a rule says; undefined: as the general options say. */
  readonly tls: FlowTls | undefined
  /** In the place of the general limits. */
  readonly limits: RuleOptions['limits']
  /** What goes wrong on purpose: the faults of every rule that held on the way to the decision, in order. */
  readonly faults: readonly RuleFault[]
  /** Clients may ask for a fault by a field of their request. */
  readonly faultHeaders: boolean
  /** Answered on `block`. */
  readonly blockStatus: number
  /** Answered on `block`; undefined: the engine's own words. */
  readonly blockBody: string | undefined
  /** Its media type; undefined: plain text. */
  readonly blockContentType: string | undefined
}

/** What rules say of a flow's handshakes. */
export interface FlowTls {
  readonly http2Enabled: RuleOptions['http2_enabled']
  readonly strategy: RuleOptions['connect_strategy']
  readonly upstream: RuleOptions['upstream_tls']
  readonly requestsCertificate: boolean
}

/** RFC 9110 §15.5.4: understood and refused. The schema's default as well. */
export const DEFAULT_BLOCK_STATUS = 403

export function defaultFlowOptions(options: EngineOptions): FlowOptions {
  return Object.freeze({
    captureBodyBytes: 0,
    observe: options.observe,
    strict: true,
    verifyUpstream: options.upstream.verify,
    edit: undefined,
    // Alt-Svc would let clients leave for HTTP/3, past the proxy (RFC 7838).
    stripsAltSvc: !options.http3_passthrough,
    redacted: undefined,
    tls: undefined,
    limits: undefined,
    faults: NO_FAULTS,
    faultHeaders: false,
    blockStatus: DEFAULT_BLOCK_STATUS,
    blockBody: undefined,
    blockContentType: undefined,
  })
}

/** What a rule carries, as plain data. */
export interface RuleCarriage {
  readonly rule: RuleOptions
  readonly faults: readonly RuleFault[]
}

/** Lays `decisive` (undefined: it carries nothing) under the options of `carriers`, the rules that held before it, in order. */
export function mergeFlowOptions(
  defaults: FlowOptions,
  carriers: readonly RuleCarriage[],
  decisive: RuleCarriage | undefined,
): FlowOptions {
  // Nearly every rule carries nothing but its action: then all flows share one object.
  if (carriers.length === 0 && decisive === undefined) return defaults
  const carriages = decisive === undefined ? carriers : [...carriers, decisive]
  const given = <Name extends keyof RuleOptions>(name: Name) => carriages.find(({ rule }) => rule[name] !== undefined)?.rule[name]
  return {
    captureBodyBytes: given('capture')?.body_bytes ?? defaults.captureBodyBytes,
    observe: given('observe') ?? defaults.observe,
    strict: given('strict') ?? defaults.strict,
    verifyUpstream: given('verify_upstream') ?? defaults.verifyUpstream,
    edit: withoutFaultField(given('edit') ?? defaults.edit, given('fault_headers')),
    stripsAltSvc: given('strip_alt_svc') ?? defaults.stripsAltSvc,
    redacted: given('redact_fields') ?? defaults.redacted,
    tls: mergeTls(given('http2_enabled'), given('connect_strategy'), given('upstream_tls'), given('request_client_certificate')),
    limits: given('limits') ?? defaults.limits,
    // Faults add up: a rule that carries one never hides that of another.
    faults: carriages.every(({ faults }) => faults.length === 0) ? NO_FAULTS : carriages.flatMap(({ faults }) => faults),
    faultHeaders: given('fault_headers') ?? defaults.faultHeaders,
    // The answer of a block is the blocking rule's own business: it always has a status, by default 403.
    blockStatus: decisive?.rule.status ?? defaults.blockStatus,
    ...(decisive === undefined ? NO_BODY : bodyOf(decisive.rule)),
  }
}

function mergeTls(
  http2Enabled: RuleOptions['http2_enabled'],
  strategy: RuleOptions['connect_strategy'],
  upstream: RuleOptions['upstream_tls'],
  requestsCertificate: boolean | undefined,
): FlowTls | undefined {
  if ([http2Enabled, strategy, upstream, requestsCertificate].every((option) => option === undefined)) return undefined
  return { http2Enabled, strategy, upstream, requestsCertificate: requestsCertificate === true }
}

/** The field by which clients ask for a fault is between them and us: it is not forwarded. */
function withoutFaultField(edit: FlowOptions['edit'], takesFaults: boolean | undefined): FlowOptions['edit'] {
  if (takesFaults !== true) return edit
  const { set, remove } = edit?.request ?? { set: {}, remove: [] }
  return { ...edit, request: { set, remove: [...remove, FAULT_FIELD] } }
}

const NO_BODY = Object.freeze({ blockBody: undefined, blockContentType: undefined })

/** A body that is a JSON value is its text, with the media type of JSON. */
function bodyOf({ body, content_type }: RuleOptions): Pick<FlowOptions, 'blockBody' | 'blockContentType'> {
  if (typeof body === 'string' || body === undefined) return { blockBody: body, blockContentType: content_type }
  return { blockBody: JSON.stringify(body), blockContentType: content_type ?? 'application/json' }
}

/** Whether `rule` has nothing to lay over the defaults. */
export function carriesNothing(rule: RuleOptions): boolean {
  return (
    rule.capture === undefined &&
    rule.observe === undefined &&
    rule.strict === undefined &&
    rule.verify_upstream === undefined &&
    rule.edit === undefined &&
    rule.fault === undefined &&
    rule.fault_headers === undefined &&
    rule.strip_alt_svc === undefined &&
    rule.redact_fields === undefined &&
    rule.http2_enabled === undefined &&
    rule.connect_strategy === undefined &&
    rule.upstream_tls === undefined &&
    rule.request_client_certificate === undefined &&
    rule.limits === undefined &&
    rule.body === undefined &&
    rule.content_type === undefined &&
    rule.status === DEFAULT_BLOCK_STATUS
  )
}
