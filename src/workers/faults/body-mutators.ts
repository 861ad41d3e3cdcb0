/**
 * Which mutator a fault has for a body, by its kind. Worker thread.
 */

import type { NotApplicable } from '../../shared/faults/not-applicable.ts'
import type { FaultOf } from '../../shared/faults/schema/fault-schema.ts'
import { CLIENT, ORIGIN, type Side } from '../../shared/side.ts'
import { INTERNAL_ERROR } from '../../shared/violations/http2.ts'
import type { BodyMutator } from '../layers/http/body-mutator.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import type { ArmedFault } from './armed-fault.ts'
import { corrupting, type Ending, malformingChunk, truncating } from './body-faults.ts'
import { streamMutatorFor } from './streams/stream-mutators.ts'

/** What of the request the faults of its response go by. */
export interface FaultedRequest {
  readonly isHttp2: boolean
  /** 10, 11 or 20: whether the client understands chunks. */
  readonly version: number
  readonly method: string
  readonly target: string
}

const BITS = 8

/** Undefined where the fault has nothing to do with the body of `side`. `head` is that of the body's message. */
export function bodyMutatorFor(
  fault: ArmedFault,
  side: Side,
  head: MessageHead,
  request: FaultedRequest,
): BodyMutator | NotApplicable | undefined {
  const { options } = fault
  switch (options.kind) {
    case 'truncate_body':
      return (side === CLIENT) === (options.side === 'client') ? truncation(options, head, request) : undefined
    case 'corrupt_gzip':
      if (side !== ORIGIN) return undefined
      if (head.fields.first('content-encoding') === undefined) return { not_applicable: 'no content coding' }
      return corrupting(options.after_bytes, fault.dice.integer(BITS))
    case 'malformed_chunk':
      return side === ORIGIN ? malformedChunk(options.after_bytes, head, request) : undefined
    case 'h2_reset':
      if (side !== ORIGIN || options.before_head) return undefined
      return request.isHttp2 ? truncating(options.after_bytes, 'reset', options.code) : { not_applicable: 'HTTP/1.1' }
    default:
      return streamMutatorFor(fault, side, head.fields, request)
  }
}

function truncation({ after_bytes, ending }: FaultOf<'truncate_body'>, head: MessageHead, { isHttp2 }: FaultedRequest): BodyMutator {
  return truncating(after_bytes, endingOf(ending, head, isHttp2), isHttp2 ? INTERNAL_ERROR : undefined)
}

function endingOf(ending: FaultOf<'truncate_body'>['ending'], head: MessageHead, isHttp2: boolean): Ending {
  if (ending !== 'keep_length_and_close') return ending
  if (!isHttp2) return 'close'
  return head.fields.find('content-length') === -1 ? 'reset' : 'short_length'
}

/** Only HTTP/1.1 has chunks, and a body that ends with the connection has none. */
function malformedChunk(bytes: number, head: MessageHead, { isHttp2, version }: FaultedRequest): BodyMutator | NotApplicable {
  if (isHttp2) return { not_applicable: 'HTTP/2' }
  if (version !== 11 || head.version !== 11 || head.framing === 'close') return { not_applicable: 'no chunks' }
  return malformingChunk(bytes)
}
