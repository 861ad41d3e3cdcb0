/**
 * JsonRpcMessage: the envelope of one JSON-RPC 2.0 message, and the few parameters that MCP routes by. Worker thread.
 *
 *     request       method, id          response   result, id       invalid   anything else
 *     notification  method              error      error, id
 */

export type JsonRpcKind = 'request' | 'notification' | 'response' | 'error' | 'invalid'

/** `undefined`: absent. Numbers as they are spelt in JavaScript; 1 and "1" are different ids (JSON-RPC 2.0 §4). */
export type JsonRpcId = string | number | null | undefined

export interface JsonRpcMessage {
  readonly kind: JsonRpcKind
  readonly method: string
  readonly id: JsonRpcId
  /** `params.name` (a tool, a prompt) or `params.uri` (a resource); empty where there is neither. */
  readonly name: string
  /** `params.protocolVersion`, `result.protocolVersion`, or the one in `params._meta`. */
  readonly protocolVersion: string
  /** `params.requestId` of a cancellation. */
  readonly requestId: JsonRpcId
  /** `params.clientInfo.name` or `result.serverInfo.name`. */
  readonly peerName: string
  /** `params` has all of `protocolVersion`, `capabilities` and `clientInfo`. */
  readonly initializes: boolean
  /** `result.isError` is true: a tool ran and failed. */
  readonly toolError: boolean
  readonly errorCode: number | undefined
  readonly errorMessage: string
}
