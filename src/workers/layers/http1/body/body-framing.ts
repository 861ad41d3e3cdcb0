/**
 * Decides how the end of a message's body is found, or which rule its head breaks (RFC 9112 §6.3). Worker thread.
 *
 * Strict by design: where RFC 9112 lets a recipient repair or guess (equal Content-Lengths, Transfer-Encoding overriding
 * Content-Length, unknown codings in responses), two readers can guess differently, and the message is a violation.
 */

import { HTTP1_VIOLATIONS } from '../../../../shared/violations/http1.ts'
import type { Violation } from '../../../../shared/violations/violation.ts'
import type { MessageHead } from '../../http/message-head.ts'
import {
  CODING_CHUNKED,
  CODING_MALFORMED,
  CODING_NONE,
  CODING_UNKNOWN,
  type HeadFacts,
  LENGTH_MALFORMED,
  LENGTH_TOO_LARGE,
} from '../head/head-facts.ts'
import { isTargetOfMethod } from '../head/start-line.ts'

const SWITCHING_PROTOCOLS = 101
const NO_CONTENT = 204
const NOT_MODIFIED = 304

/** Judges a complete request head and fills its framing. `isConnect`: the method is CONNECT. */
export function frameRequest(head: MessageHead, facts: HeadFacts, isConnect: boolean): Violation | undefined {
  if (facts.hosts > 1) return HTTP1_VIOLATIONS.http1_duplicate_host
  if (facts.hosts === 0 && head.version === 11) return HTTP1_VIOLATIONS.http1_missing_host
  if (!facts.hostIsValid) return HTTP1_VIOLATIONS.http1_bad_host
  if (!isTargetOfMethod(head, isConnect)) return HTTP1_VIOLATIONS.http1_bad_target
  const bad = lengthViolation(head, facts)
  if (bad !== undefined) return bad
  if (isConnect && (facts.transferCoding !== CODING_NONE || facts.contentLength > 0)) return HTTP1_VIOLATIONS.http1_connect_with_content
  if (isConnect) frame(head, 'none', -1)
  // RFC 9112 §6.3 rule 7: a request with neither field has no body.
  else frameByFields(head, facts, 'none')
  return undefined
}

/** Judges a complete response head and fills its framing. `toHead`, `toConnect`: the method of the request it answers. */
export function frameResponse(head: MessageHead, facts: HeadFacts, toHead: boolean, toConnect: boolean): Violation | undefined {
  const bad = lengthViolation(head, facts)
  if (bad !== undefined) return bad
  const { status } = head
  if (status < 200 || status === NO_CONTENT || (toConnect && status < 300)) {
    // Content-Length: 0 is common on a 204 and every reader agrees with it; any other length, and any coding, is where a
    // reader that forgets this rule starts to read a body that is not there.
    if (facts.transferCoding !== CODING_NONE) return HTTP1_VIOLATIONS.http1_forbidden_transfer_encoding
    if (facts.contentLength > 0) return HTTP1_VIOLATIONS.http1_forbidden_content_length
    if (status === SWITCHING_PROTOCOLS && facts.upgradeLine === -1) return HTTP1_VIOLATIONS.http1_unasked_upgrade
    frame(head, 'none', -1)
  } else if (toHead || status === NOT_MODIFIED) {
    // The fields describe what a GET would have got (RFC 9110 §8.6).
    frame(head, 'none', -1)
  } else {
    frameByFields(head, facts, 'close')
  }
  return undefined
}

/** RFC 9112 §6.1 and §6.3, rules 3 to 5. */
function lengthViolation(head: MessageHead, facts: HeadFacts): Violation | undefined {
  if (facts.isDisguised) return HTTP1_VIOLATIONS.http1_disguised_framing_field
  if (facts.transferEncodings > 0) {
    if (facts.contentLengths > 0) return HTTP1_VIOLATIONS.http1_transfer_encoding_with_content_length
    if (facts.transferEncodings > 1) return HTTP1_VIOLATIONS.http1_duplicate_transfer_encoding
    if (head.version === 10) return HTTP1_VIOLATIONS.http1_transfer_encoding_in_http10
    if (facts.transferCoding === CODING_MALFORMED) return HTTP1_VIOLATIONS.http1_bad_transfer_encoding
    if (facts.transferCoding === CODING_UNKNOWN) return HTTP1_VIOLATIONS.http1_unknown_transfer_coding
  } else if (facts.contentLengths > 0) {
    if (facts.contentLengths > 1) return HTTP1_VIOLATIONS.http1_duplicate_content_length
    if (facts.contentLength === LENGTH_MALFORMED) return HTTP1_VIOLATIONS.http1_bad_content_length
    if (facts.contentLength === LENGTH_TOO_LARGE) return HTTP1_VIOLATIONS.http1_content_length_too_large
  }
  return undefined
}

function frameByFields(head: MessageHead, facts: HeadFacts, otherwise: 'none' | 'close'): void {
  if (facts.transferCoding === CODING_CHUNKED) frame(head, 'chunked', -1)
  else if (facts.contentLength >= 0) frame(head, 'length', facts.contentLength)
  else frame(head, otherwise, -1)
}

function frame(head: MessageHead, framing: MessageHead['framing'], contentLength: number): void {
  head.framing = framing
  head.contentLength = contentLength
}
