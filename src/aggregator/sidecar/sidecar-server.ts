/**
 * SidecarServer: the engine's gRPC service for programs that are not written for Node (`docs/events/events.proto`), on a Unix
 * socket or a loopback port. Aggregator thread.
 *
 * No TLS and no passwords: a Unix socket is its owner's (mode 0600), and a port must be of loopback. Browsers cannot speak it:
 * cleartext HTTP/2 with prior knowledge. The libraries are loaded when it is opened: an engine without a sidecar never does.
 */

import type { handleUnaryCall, Server, ServerErrorResponse, ServerWritableStream, ServiceDefinition } from '@grpc/grpc-js'
import type { AdminAddress, EventFilter, ReloadAnswer, SidecarOptions } from '../../shared/aggregator-protocol.ts'
import type { BypassAnswer } from '../../shared/bypass.ts'
import { SCHEMA_VERSION } from '../../shared/events/schema.ts'
import { EVENTS_PROTO } from '../../shared/events/schema-files.ts'
import {
  ADMIN_FLOWS_LISTED,
  ADMIN_FLOWS_LISTED_MAX,
  FEED_CLOSE_MS,
  FEED_PING_MS,
  FEED_QUEUE_BYTES,
  SIDECAR_MESSAGE_BYTES,
  SIDECAR_STREAMS,
} from '../../shared/limits/aggregator.ts'
import { formatListenAddress, parseListenAddress } from '../../shared/options/listen-address.ts'
import type { AdminSources } from '../admin/admin-server.ts'
import type { FeedSources } from '../feed/feed-server.ts'
import { type FilterText, filterOf } from '../sinks/filter-names.ts'
import type { OutgoingEvent } from '../sinks/sink.ts'
import { StreamSink } from '../sinks/stream-sink.ts'
import { eventMessage } from './event-message.ts'
import { SidecarStream } from './sidecar-stream.ts'
import { UnixAddress } from './unix-address.ts'

const SERVICE = `soth.mitm.v${SCHEMA_VERSION}.Sidecar`

export interface SidecarSources extends FeedSources, Pick<AdminSources, 'instanceId' | 'version' | 'state' | 'flows' | 'bypasses'> {
  /** Undefined where the main thread does not answer. */
  reload(): Promise<ReloadAnswer | undefined>
}

interface SubscribeRequest {
  readonly events: readonly string[]
  readonly hosts: readonly string[]
  readonly protocols: readonly string[]
  readonly flow_id?: string
  readonly queue?: number
}

type Grpc = typeof import('@grpc/grpc-js')

export class SidecarServer {
  readonly #options: SidecarOptions
  readonly #sources: SidecarSources
  readonly #grpc: Grpc
  readonly #server: Server
  readonly #encodeMessage: (message: object) => Uint8Array
  #unix: UnixAddress | undefined = undefined
  #clients = 0
  #encoded: { readonly event: object; readonly message: Uint8Array } | undefined = undefined

  private constructor(options: SidecarOptions, sources: SidecarSources, grpc: Grpc, service: ServiceDefinition) {
    this.#options = options
    this.#sources = sources
    this.#grpc = grpc
    const subscribe = service['Subscribe']
    if (subscribe === undefined) throw new Error(`${EVENTS_PROTO} has no ${SERVICE}.Subscribe`)
    this.#encodeMessage = subscribe.responseSerialize
    this.#server = new grpc.Server({
      'grpc.max_concurrent_streams': SIDECAR_STREAMS,
      'grpc.max_receive_message_length': SIDECAR_MESSAGE_BYTES,
      'grpc.keepalive_time_ms': FEED_PING_MS,
      'grpc.keepalive_timeout_ms': FEED_PING_MS,
    })
    // Messages of events come encoded: one is made for all calls that take it.
    this.#server.addService({ ...service, Subscribe: { ...subscribe, responseSerialize: asItIs } }, this.#handlers())
  }

  static async open(options: SidecarOptions, sources: SidecarSources): Promise<SidecarServer> {
    const [grpc, { loadSync }] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
    grpc.setLogVerbosity(grpc.logVerbosity.NONE)
    const service = loadSync(EVENTS_PROTO, { keepCase: true })[SERVICE]
    return new SidecarServer(options, sources, grpc, service as ServiceDefinition)
  }

  get clients(): number {
    return this.#clients
  }

  /** Resolves to the bound address, as a listen address; rejects with the system's error. */
  async listen(): Promise<string> {
    const address = parseListenAddress(this.#options.listen)
    if (address.kind === 'tcp') {
      const bound: AdminAddress = { host: address.host ?? '127.0.0.1', port: address.port }
      return formatListenAddress({ kind: 'tcp', host: bound.host, port: await this.#bind(formatListenAddress({ kind: 'tcp', ...bound })) })
    }
    this.#unix = await UnixAddress.reserve(address.path)
    try {
      await this.#bind(`unix:${this.#unix.bindPath}`)
      await this.#unix.place()
    } catch (error) {
      await this.#unix.release()
      throw error
    }
    return formatListenAddress(address)
  }

  /** Calls have ended with their sinks; what they last said leaves first, within a deadline. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(resolve, FEED_CLOSE_MS)
      this.#server.tryShutdown(() => {
        clearTimeout(deadline)
        resolve()
      })
    })
    this.#server.forceShutdown()
    await this.#unix?.release()
  }

  #bind(target: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(target, this.#grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port)
        else reject(error)
      })
    })
  }

  #handlers() {
    const { status } = this.#grpc
    const unary = (
      answer: (request: Record<string, unknown>) => object | Promise<object>,
    ): handleUnaryCall<Record<string, unknown>, object> => {
      return (call, reply) => {
        new Promise<object>((resolve) => resolve(answer(call.request))).then(
          (value) => reply(null, value),
          (error: Partial<ServerErrorResponse>) => reply({ code: status.INTERNAL, details: String(error.message), ...error }),
        )
      }
    }
    return {
      Subscribe: (call: ServerWritableStream<SubscribeRequest, Uint8Array>) => this.#subscribe(call),
      Flows: unary(({ limit }) => this.#flows(limit)),
      Bypasses: unary(async () => bypassesReply(this.#answered(await this.#sources.bypasses({ kind: 'list' })))),
      RevokeBypass: unary(async ({ host, client }) => bypassesReply(await this.#revoke(host, client))),
      Reload: unary(() => this.#reload()),
      Health: unary(() => ({ state: this.#sources.state(), version: this.#sources.version, instance: this.#sources.instanceId })),
    }
  }

  #subscribe(call: ServerWritableStream<SubscribeRequest, Uint8Array>): void {
    const { status } = this.#grpc
    const refuse = (code: number, details: string): void => void call.emit('error', { code, details })
    const filter = filterOf(filterText(call.request))
    const { clients } = this.#options
    if (typeof filter === 'string') refuse(status.INVALID_ARGUMENT, filter)
    else if (this.#clients >= clients) refuse(status.RESOURCE_EXHAUSTED, `the sidecar serves ${clients} subscribers (sidecar.clients)`)
    else this.#serve(call, filter)
  }

  #serve(call: ServerWritableStream<SubscribeRequest, Uint8Array>, filter: EventFilter): void {
    const { request } = call
    const { sinks } = this.#sources
    const queue = Math.min(request.queue === undefined || request.queue === 0 ? this.#options.queue : request.queue, this.#options.queue)
    const sink = new StreamSink(new SidecarStream(call, (event) => this.#encode(event)), {
      kind: 'sidecar',
      filter,
      queue,
      queueBytes: FEED_QUEUE_BYTES,
      notice: this.#sources.lossNotice(),
    })
    this.#clients++
    sinks.add(sink)
    // Headers at once: the subscriber knows that from here on it misses nothing.
    call.sendMetadata(new this.#grpc.Metadata())
    call.once('close', () => {
      this.#clients--
      void sinks.remove(sink)
    })
    call.once('cancelled', () => call.destroy())
  }

  #encode(event: OutgoingEvent): Uint8Array {
    const object = event.object()
    if (this.#encoded?.event !== object) this.#encoded = { event: object, message: this.#encodeMessage(eventMessage(object)) }
    return this.#encoded.message
  }

  #flows(limit: unknown): object {
    const asked = typeof limit === 'number' ? limit : ADMIN_FLOWS_LISTED
    if (asked > ADMIN_FLOWS_LISTED_MAX) throw this.#failure('INVALID_ARGUMENT', `limit is at most ${ADMIN_FLOWS_LISTED_MAX}`)
    return this.#sources.flows(asked)
  }

  async #revoke(host: unknown, client: unknown): Promise<BypassAnswer> {
    if (typeof host !== 'string' || host === '') throw this.#failure('INVALID_ARGUMENT', 'say which host')
    return this.#answered(await this.#sources.bypasses({ kind: 'revoke', host, client: typeof client === 'string' ? client : undefined }))
  }

  async #reload(): Promise<object> {
    const answer = this.#answered(await this.#sources.reload())
    if (answer.problem !== undefined) throw this.#failure('INVALID_ARGUMENT', answer.problem)
    return { rules: answer.rules }
  }

  #answered<T>(answer: T | undefined): T {
    if (answer === undefined) throw this.#failure('DEADLINE_EXCEEDED', 'the engine did not answer in time')
    return answer
  }

  #failure(code: 'INVALID_ARGUMENT' | 'DEADLINE_EXCEEDED', details: string): Partial<ServerErrorResponse> {
    return { code: this.#grpc.status[code], details }
  }
}

/** proto3 gives an empty list where none was sent: no condition. */
function filterText({ events, hosts, protocols, flow_id }: SubscribeRequest): FilterText {
  const given = (list: readonly string[] | undefined) => (list === undefined || list.length === 0 ? undefined : list)
  return { events: given(events), hosts: given(hosts), protocols: given(protocols), flow_id }
}

function bypassesReply({ revoked, bypasses }: BypassAnswer): object {
  const told = bypasses.map(({ client, host, origin, learnedAtMs, expiresAtMs }) => ({
    client,
    host,
    origin,
    ...(origin === 'learned' ? { learned_unix_ms: learnedAtMs, expires_unix_ms: expiresAtMs } : {}),
  }))
  return { revoked, bypasses: told }
}

function asItIs(bytes: Buffer): Buffer {
  return bytes
}
