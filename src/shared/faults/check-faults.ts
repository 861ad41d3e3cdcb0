/**
 * What the schema of faults cannot say: keys that exclude one another, and faults that their rule comes too late for. No thread of
 * its own.
 */

import { ConfigError } from '../options/problems/config-error.ts'
import type { Report } from '../options/problems/problem-report.ts'
import type { RuleOptions } from '../options/rule-schema.ts'
import { CONNECT_PHASE, conditionsOf, HELLO_PHASE, type Phase, REQUEST_PHASE } from '../policy/conditions/rule-conditions.ts'
import { DELAY_NAMES, type DelayOptions } from './delay-distribution.ts'
import { type FaultOf, type FaultOptions, isReference, type ProfileReference, scopeOf } from './schema/fault-schema.ts'

/** Paths that are reported begin at the faults of `rule`. */
export function checkFaults(rule: RuleOptions, report: Report): void {
  if (rule.fault === undefined) return
  const phase = phaseOf(rule)
  for (const [index, options] of rule.fault.entries()) {
    const say = (key: string, reason: string, remedy: string) => report([index, key], ConfigError.of(reason, remedy))
    checkTrigger(options, say)
    if (isReference(options)) continue
    if (rule.action === 'block') say('kind', 'acts on nothing: the rule blocks', 'leave `action` out, or put the fault into another rule')
    checkPhase(options, phase, say)
    checkKind(options, say)
  }
}

type Say = (key: string, reason: string, remedy: string) => void

/** From when on the rule can be answered; malformed conditions are told elsewhere. */
function phaseOf(rule: RuleOptions): Phase {
  try {
    return conditionsOf(rule.match)?.phase ?? CONNECT_PHASE
  } catch {
    return CONNECT_PHASE
  }
}

function checkTrigger({ every, probability, schedule }: FaultOptions | ProfileReference, say: Say): void {
  if (every !== undefined && probability !== undefined && probability !== 1)
    say('every', 'stands beside `probability`', 'keep one of the two')
  if (schedule?.period_ms !== undefined && schedule.duration_ms > schedule.period_ms)
    say('schedule', 'lasts longer than its period', 'lower duration_ms, or raise period_ms')
}

function checkPhase(options: FaultOptions, phase: Phase, say: Say): void {
  if (scopeOf(options.kind) === 'exchange') return
  if (phase === REQUEST_PHASE)
    say(
      'kind',
      `"${options.kind}" acts on a connection, which is there before its requests`,
      'leave conditions about requests out of `match`',
    )
  else if (phase === HELLO_PHASE && isAtConnect(options))
    say('kind', `"${options.kind}" acts before there is a ClientHello`, 'match by `host` instead of what the ClientHello says')
}

/** Whether a fault acts on the CONNECT itself, before the client has said more. */
export function isAtConnect(options: FaultOptions): boolean {
  switch (options.kind) {
    case 'refuse':
    case 'connect_delay':
    case 'close_after_connect':
      return true
    case 'blackhole':
      return options.at === 'connect'
    default:
      return false
  }
}

function checkKind(options: FaultOptions, say: Say): void {
  switch (options.kind) {
    case 'latency':
    case 'first_byte_delay':
      checkDelay(options, say)
      return
    case 'blackhole':
      if (options.at === 'connect' && options.after_bytes > 0) say('after_bytes', 'has no meaning at connect', 'use `at: relay`')
      return
    case 'reset':
      if ((options.after_bytes === undefined) === (options.after_ms === undefined))
        say('kind', 'needs one of `after_bytes` and `after_ms`', 'give one of the two; 0 is at once')
      return
    case 'slice':
      if (options.variation >= options.bytes && options.variation > 0)
        say('variation', 'leaves pieces without an octet', 'keep it below `bytes`')
      return
    case 'tls_abort':
      if (options.side === 'upstream' && options.at === 'application_data')
        say('at', 'is no stage of our handshake with the origin', 'use another stage, or `side: client`')
      return
    case 'sse':
      checkPosition(options, say)
      return
    case 'websocket':
      if (!isSendable(options.code))
        say('code', 'must not be sent in a close frame (RFC 6455 §7.4)', 'use 1000–1003, 1007–1014 or 3000–4999')
      if (Buffer.byteLength(options.reason) > CLOSE_REASON_BYTES)
        say('reason', `has more than ${CLOSE_REASON_BYTES} octets`, 'shorten it: a control frame has no room for more (RFC 6455 §5.5)')
      return
  }
}

/** RFC 6455 §5.5: 125 octets of payload, two of them the code. */
const CLOSE_REASON_BYTES = 123

/** RFC 6455 §7.4.1 and §7.4.2, and the codes that IANA has registered since: 1004–1006 and 1015 never stand in a frame. */
function isSendable(code: number): boolean {
  return code <= 1_003 || (code >= 1_007 && code <= 1_014) || code >= 3_000
}

function checkPosition({ at, action }: FaultOf<'sse'>, say: Say): void {
  const places = [at.event, at.bytes, at.before_first ? true : undefined].filter((place) => place !== undefined)
  const isInner = at.in_utf8 || at.in_data_line
  if (places.length > 1) say('at', 'names two places', 'keep one of `event`, `bytes` and `before_first`')
  else if (places.length === 0 && !isInner) say('at', 'names no place', 'give one of `event`, `bytes` and `before_first`')
  else if (isInner && (at.bytes !== undefined || (at.in_utf8 && at.in_data_line)))
    say('at', 'names two places', 'keep one of `bytes`, `in_utf8` and `in_data_line`')
  else if (isInner && !ACTIONS_INSIDE.has(action))
    say('action', `"${action}" acts on whole events`, 'use cut, end or stall there, or leave the place inside of an event out')
}

/** What may happen between any two octets; the other actions need whole events in front of them. */
const ACTIONS_INSIDE: ReadonlySet<string> = new Set(['cut', 'end', 'stall'])

/** Keys of another distribution than the one named would be silently without effect. */
function checkDelay(options: DelayOptions, say: Say): void {
  const own = DELAY_NAMES[options.distribution]
  for (const [distribution, names] of Object.entries(DELAY_NAMES)) {
    if (distribution === options.distribution) continue
    for (const name of names)
      if (!own.includes(name) && name !== 'shape' && options[name] !== 0)
        say(name, `belongs to the distribution "${distribution}"`, `use \`distribution: ${distribution}\`, or give ${own.join(' and ')}`)
  }
  if (options.distribution === 'uniform' && options.max_ms < options.min_ms) say('max_ms', 'is less than min_ms', 'raise it')
}
