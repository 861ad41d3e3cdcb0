/**
 * Which mutator a fault of a stream has, by its kind: of a body, or of what follows a switch of protocols. Worker thread.
 */

import type { NotApplicable } from '../../../shared/faults/not-applicable.ts'
import type { FaultOf } from '../../../shared/faults/schema/fault-schema.ts'
import type { FieldSection } from '../../../shared/http/field-section.ts'
import { CLIENT, ORIGIN, type Side } from '../../../shared/side.ts'
import { grpcProtocol } from '../../layers/grpc/grpc-protocol.ts'
import type { BodyMutator } from '../../layers/http/body-mutator.ts'
import { isMediaType } from '../../layers/http/media-type.ts'
import type { WebSocketExtensions } from '../../layers/websocket/extensions.ts'
import type { ArmedFault } from '../armed-fault.ts'
import { errorEvent, pingEvent } from './api-events.ts'
import { DroppedType, eventEditor } from './block-editors.ts'
import { BlockMutator } from './block-mutator.ts'
import { EventInterruption } from './event-interruption.ts'
import { GrpcMutator } from './grpc-mutator.ts'
import { WebSocketMutator } from './websocket-mutator.ts'

/** The request, for what the API behind it would say. */
export interface StreamRequest {
  readonly method: string
  readonly target: string
}

const OCTET_VALUES = 256

/** Undefined where the fault is about no stream, or not about the body of `side`, whose message has `fields`. */
export function streamMutatorFor(
  { options }: Pick<ArmedFault, 'options'>,
  side: Side,
  fields: FieldSection,
  request: StreamRequest,
): BodyMutator | NotApplicable | undefined {
  switch (options.kind) {
    case 'sse':
    case 'sse_drop_type':
      return side === ORIGIN ? eventMutator(options, fields, request) : undefined
    case 'grpc_message':
      return side === sideOf(options.side) ? grpcMutator(options, fields) : undefined
    default:
      return undefined
  }
}

/** What the octets of `side` go through once the connection, or the stream, has become a WebSocket. */
export function webSocketMutatorFor(
  { options, dice }: Pick<ArmedFault, 'options' | 'dice'>,
  side: Side,
  extensions: WebSocketExtensions,
): BodyMutator | undefined {
  if (options.kind !== 'websocket' || side !== sideOf(options.side)) return undefined
  const maskKey = Uint8Array.from({ length: 4 }, () => dice.integer(OCTET_VALUES))
  return new WebSocketMutator(options, side, extensions, maskKey)
}

function eventMutator(
  options: FaultOf<'sse'> | FaultOf<'sse_drop_type'>,
  fields: FieldSection,
  { method, target }: StreamRequest,
): BodyMutator | NotApplicable {
  if (!isMediaType(fields.first('content-type'), 'text/event-stream')) return { not_applicable: 'no event stream' }
  if (isCoded(fields)) return { not_applicable: 'content-encoding' }
  if (options.kind === 'sse_drop_type') return new BlockMutator(new DroppedType(options.type))
  switch (options.action) {
    case 'drop':
    case 'duplicate':
    case 'reorder':
      return new BlockMutator(eventEditor(options.action, options.at))
    case 'error_event':
      return new EventInterruption(options, errorEvent(options, method, target))
    default:
      return new EventInterruption(options, pingEvent(method, target))
  }
}

/** RFC 9110 §8.4.1: `identity` is none. */
function isCoded(fields: FieldSection): boolean {
  const coding = fields.first('content-encoding')?.trim().toLowerCase()
  return coding !== undefined && coding !== '' && coding !== 'identity'
}

function grpcMutator(options: FaultOf<'grpc_message'>, fields: FieldSection): BodyMutator | NotApplicable {
  const variant = grpcProtocol(fields)?.variant
  if (variant === undefined) return { not_applicable: 'no call of gRPC' }
  if (variant === 'connect-unary') return { not_applicable: 'a single message without a head' }
  if (variant === 'grpc-web-text') return { not_applicable: 'base64' }
  if (options.action === 'status' && options.side === 'client') return { not_applicable: 'a request has no status' }
  return new GrpcMutator(options, variant)
}

function sideOf(name: 'client' | 'origin'): Side {
  return name === 'client' ? CLIENT : ORIGIN
}
