/**
 * JsonRpcParser: the messages of one JSON document, a single message or a batch, incrementally and without building it
 * (JSON-RPC 2.0 §4–§6). Pure. Worker thread.
 */

import { compileJsonPaths } from '../json/json-paths.ts'
import { JSON_ARRAY, JSON_NUMBER, JSON_OBJECT, JSON_STRING, JSON_TRUE, type JsonKind, type JsonScalar } from '../json/json-scalar.ts'
import { type JsonHandler, JsonScanner } from '../json/json-scanner.ts'
import type { JsonRpcId, JsonRpcKind, JsonRpcMessage } from './json-rpc-message.ts'

export interface JsonRpcHandler {
  onJsonRpcMessage(message: JsonRpcMessage): void
}

const ROOT = 0
const ELEMENT = 1
const VERSION = 2
const METHOD = 3
const ID = 4
const RESULT = 5
const ERROR = 6
const ERROR_CODE = 7
const ERROR_MESSAGE = 8
const NAME = 9
const URI = 10
const PROTOCOL_VERSION = 11
const META_VERSION = 12
const REQUEST_ID = 13
const PEER_NAME = 14
const CAPABILITIES = 15
const PEER = 16
const IS_ERROR = 17

const MESSAGE_PATHS: readonly [number, ...string[]][] = [
  [VERSION, 'jsonrpc'],
  [METHOD, 'method'],
  [ID, 'id'],
  [RESULT, 'result'],
  [ERROR, 'error'],
  [ERROR_CODE, 'error', 'code'],
  [ERROR_MESSAGE, 'error', 'message'],
  [NAME, 'params', 'name'],
  [URI, 'params', 'uri'],
  [PROTOCOL_VERSION, 'params', 'protocolVersion'],
  [PROTOCOL_VERSION, 'result', 'protocolVersion'],
  [META_VERSION, 'params', '_meta', 'io.modelcontextprotocol/protocolVersion'],
  [REQUEST_ID, 'params', 'requestId'],
  [CAPABILITIES, 'params', 'capabilities'],
  [PEER, 'params', 'clientInfo'],
  [PEER_NAME, 'params', 'clientInfo', 'name'],
  [PEER_NAME, 'result', 'serverInfo', 'name'],
  [IS_ERROR, 'result', 'isError'],
]

/** The same places in the root object and in each element of a batch. */
const PATHS = compileJsonPaths([
  [ROOT],
  [ELEMENT, '*'],
  ...MESSAGE_PATHS,
  ...MESSAGE_PATHS.map(([path, ...segments]): [number, ...string[]] => [path, '*', ...segments]),
])

/** What has been read of the message in hand. */
interface Draft {
  jsonrpc: boolean
  method: string | undefined
  id: JsonRpcId
  result: boolean
  error: boolean
  errorCode: number | undefined
  errorMessage: string
  name: string
  uri: string
  protocolVersion: string
  requestId: JsonRpcId
  peerName: string
  capabilities: boolean
  peer: boolean
  toolError: boolean
}

function newDraft(): Draft {
  return {
    jsonrpc: false,
    method: undefined,
    id: undefined,
    result: false,
    error: false,
    errorCode: undefined,
    errorMessage: '',
    name: '',
    uri: '',
    protocolVersion: '',
    requestId: undefined,
    peerName: '',
    capabilities: false,
    peer: false,
    toolError: false,
  }
}

export class JsonRpcParser implements JsonHandler {
  /** The document is an array; messages read so far. */
  batch = false
  messages = 0
  /** A `jsonrpc: "2.0"` member has been read. */
  recognized = false
  readonly #handler: JsonRpcHandler
  readonly #scanner = new JsonScanner(PATHS, this)
  #current = newDraft()

  constructor(handler: JsonRpcHandler) {
    this.#handler = handler
  }

  get failed(): boolean {
    return this.#scanner.failed
  }

  /** Makes ready for the next document. */
  reset(): void {
    this.#scanner.reset()
    this.#current = newDraft()
    this.batch = false
    this.messages = 0
  }

  execute(bytes: Uint8Array, start?: number, end?: number): void {
    this.#scanner.execute(bytes, start, end)
  }

  /** The document has ended: true when it was complete. */
  finish(): boolean {
    return this.#scanner.finish()
  }

  onJsonOpen(path: number, kind: JsonKind): void {
    switch (path) {
      case ROOT:
        this.batch = kind === JSON_ARRAY
        this.#current = newDraft()
        break
      case ELEMENT:
        this.#current = newDraft()
        break
      case RESULT:
        this.#current.result = true
        break
      case ERROR:
        this.#current.error = kind === JSON_OBJECT
        break
      case CAPABILITIES:
        this.#current.capabilities = true
        break
      case PEER:
        this.#current.peer = true
        break
    }
  }

  onJsonClose(path: number, _kind: JsonKind): void {
    if (path === ELEMENT || (path === ROOT && !this.batch)) this.#message()
  }

  onJsonScalar(path: number, scalar: JsonScalar): void {
    const current = this.#current
    switch (path) {
      case ELEMENT:
        this.#current = newDraft()
        this.#message()
        break
      case VERSION:
        current.jsonrpc = scalar.kind === JSON_STRING && scalar.text === '2.0'
        this.recognized ||= current.jsonrpc
        break
      case METHOD:
        current.method = scalar.kind === JSON_STRING ? scalar.text : undefined
        break
      case ID:
        current.id = idOf(scalar)
        break
      case RESULT:
        current.result = true
        break
      case ERROR_CODE:
        current.errorCode = scalar.number
        break
      case ERROR_MESSAGE:
        current.errorMessage = scalar.text
        break
      case NAME:
        current.name = scalar.text
        break
      case URI:
        current.uri = scalar.text
        break
      case PROTOCOL_VERSION:
      case META_VERSION:
        current.protocolVersion = scalar.text
        break
      case REQUEST_ID:
        current.requestId = idOf(scalar)
        break
      case PEER_NAME:
        current.peerName = scalar.text
        break
      case IS_ERROR:
        current.toolError = scalar.kind === JSON_TRUE
        break
    }
  }

  #message(): void {
    const { method, id, name, uri, protocolVersion, requestId, peerName, errorCode, errorMessage, toolError } = this.#current
    const initializes = protocolVersion !== '' && this.#current.capabilities && this.#current.peer
    this.messages++
    this.#handler.onJsonRpcMessage({
      kind: this.#kind(),
      method: method ?? '',
      id,
      name: method?.startsWith('resources/') === true ? uri || name : name || uri,
      protocolVersion,
      requestId,
      peerName,
      initializes,
      toolError,
      errorCode,
      errorMessage,
    })
  }

  #kind(): JsonRpcKind {
    const { jsonrpc, method, id, result, error } = this.#current
    if (!jsonrpc) return 'invalid'
    if (method !== undefined) return id === undefined ? 'notification' : 'request'
    if (error) return 'error'
    return result && id !== undefined ? 'response' : 'invalid'
  }
}

/** Ids are strings, numbers or null; anything longer than is kept is no id that could be matched. */
function idOf(scalar: JsonScalar): JsonRpcId {
  if (scalar.truncated) return undefined
  if (scalar.kind === JSON_STRING) return scalar.text
  return scalar.kind === JSON_NUMBER ? scalar.number : null
}
