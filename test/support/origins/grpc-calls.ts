/**
 * A service of raw octets for @grpc/grpc-js, and one call of each kind to it: what every call came to, as plain data.
 */

import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

interface Stream extends AsyncIterable<Buffer> {
  write(message: Buffer): boolean
  end(metadata?: unknown): void
  cancel(): void
  pause(): this
  resume(): this
  once(event: string, listener: (value: never) => void): this
  on(event: string, listener: (value: never) => void): this
  sendMetadata(metadata: unknown): void
  readonly metadata: Metadata
  readonly request: Buffer
}
interface Metadata {
  set(name: string, value: string | Buffer): void
  get(name: string): (string | Buffer)[]
}
interface Failure {
  readonly code: number
  readonly details: string
}
type Answer = (error: object | null, message?: Buffer, trailers?: Metadata) => void
interface Client {
  makeUnaryRequest(...args: unknown[]): Stream
  makeClientStreamRequest(...args: unknown[]): Stream
  makeServerStreamRequest(...args: unknown[]): Stream
  makeBidiStreamRequest(...args: unknown[]): Stream
  close(): void
}
interface Server {
  addService(definition: object, handlers: object): void
  bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void
  forceShutdown(): void
}
/** What these tests use of the package. */
export interface Grpc {
  readonly Metadata: new () => Metadata
  readonly Server: new (options: object) => Server
  readonly Client: new (address: string, credentials: unknown, options: object) => Client
  readonly credentials: { createSsl(root: Buffer): unknown }
  readonly ServerCredentials: { createSsl(root: null, pairs: object[], check: boolean): unknown }
}

/** By call, what it came to. */
export type Answered = Readonly<Record<string, unknown>>

const LARGE = Buffer.alloc(4_000_000, 'large')
const MESSAGES = 200
const MESSAGE = Buffer.alloc(16_000, 'both ways')
const LIMITS = { 'grpc.max_receive_message_length': 8_000_000, 'grpc.max_send_message_length': 8_000_000 }
const same = (octets: Buffer) => octets
const pathOf = (method: string) => `/test.Calls/${method}`
const digest = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')

function definition(method: string, requestStream: boolean, responseStream: boolean): object {
  const codec = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same }
  return { path: pathOf(method), requestStream, responseStream, ...codec }
}

export async function serveCalls(grpc: Grpc, { cert, key }: { cert: string; key: string }): Promise<{ port: number; close: () => void }> {
  const server = new grpc.Server(LIMITS)
  const trailers = new grpc.Metadata()
  trailers.set('x-end', 'trailer')
  const methods = {
    Unary: definition('Unary', false, false),
    Large: definition('Large', false, false),
    Fail: definition('Fail', false, false),
    Deadline: definition('Deadline', false, false),
    ClientStream: definition('ClientStream', true, false),
    ServerStream: definition('ServerStream', false, true),
    Never: definition('Never', false, true),
    Bidi: definition('Bidi', true, true),
  }
  server.addService(methods, {
    Unary: (call: Stream, answer: Answer) => {
      const head = new grpc.Metadata()
      head.set('x-back', String(call.metadata.get('x-there')[0]))
      head.set('x-octets-bin', call.metadata.get('x-octets-bin')[0] as Buffer)
      call.sendMetadata(head)
      answer(null, Buffer.concat([call.request, Buffer.from(' pong')]), trailers)
    },
    Large: (call: Stream, answer: Answer) => answer(null, call.request),
    Fail: (_call: Stream, answer: Answer) => answer({ code: 9, details: 'not now: ü' }),
    Deadline: () => {},
    ClientStream: async (call: Stream, answer: Answer) => {
      let text = ''
      for await (const message of call) text += message.toString()
      answer(null, Buffer.from(text))
    },
    ServerStream: (call: Stream) => {
      for (let n = 0; n < 10; n++) call.write(Buffer.from(`${call.request} ${n}`))
      call.end(trailers)
    },
    Never: (call: Stream) => void call.write(Buffer.from('first')),
    Bidi: (call: Stream) => {
      call.on('data', (message: Buffer) => {
        if (call.write(message)) return
        call.pause()
        call.once('drain', () => call.resume())
      })
      call.once('end', () => call.end())
    },
  })
  const credentials = grpc.ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }], false)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  )
  return { port, close: () => server.forceShutdown() }
}

export async function makeCalls(grpc: Grpc, address: string, rootPem: string): Promise<Answered> {
  const client = new grpc.Client(address, grpc.credentials.createSsl(Buffer.from(rootPem)), LIMITS)
  const unary = (method: string, message: Buffer, metadata = new grpc.Metadata(), options: object = {}) =>
    new Promise<{ answer: string; digest: string; error: unknown; back: unknown; status: unknown }>((resolve) => {
      let back: unknown
      let result = { answer: '', digest: '', error: undefined as unknown }
      const call = client.makeUnaryRequest(
        pathOf(method),
        same,
        same,
        message,
        metadata,
        options,
        (error: Failure | null, answer?: Buffer) => {
          result = {
            answer: (answer ?? Buffer.alloc(0)).subarray(0, 40).toString(),
            digest: digest(answer ?? Buffer.alloc(0)),
            // What a deadline says contains times.
            error: error === null ? undefined : [error.code, method === 'Deadline' ? '' : error.details],
          }
        },
      )
      call.once('metadata', (head: Metadata) => {
        back = [head.get('x-back'), head.get('x-octets-bin')]
      })
      call.once('status', (status: { code: number; metadata: Metadata }) =>
        setImmediate(() => resolve({ ...result, back, status: [status.code, status.metadata.get('x-end')] })),
      )
    })
  const metadata = new grpc.Metadata()
  metadata.set('x-there', 'and back')
  metadata.set('x-octets-bin', Buffer.from([0, 1, 254, 255]))
  const first = await unary('Unary', Buffer.from('ping'), metadata)
  const answered = {
    unary: first.answer,
    metadata: [first.back, first.status],
    large: await unary('Large', LARGE),
    fail: await unary('Fail', Buffer.from('x')),
    missing: await unary('Missing', Buffer.from('x')),
    deadline: await unary('Deadline', Buffer.from('x'), undefined, { deadline: Date.now() + 300 }),
    clientStream: await clientStream(grpc, client),
    serverStream: await collect(client.makeServerStreamRequest(pathOf('ServerStream'), same, same, Buffer.from('from'))),
    cancelled: await cancelled(client),
    bidi: await bothWays(client),
  }
  client.close()
  return answered
}

function clientStream(grpc: Grpc, client: Client): Promise<string> {
  return new Promise((resolve) => {
    const call = client.makeClientStreamRequest(
      pathOf('ClientStream'),
      same,
      same,
      new grpc.Metadata(),
      (_error: unknown, answer: Buffer) => resolve(String(answer)),
    )
    for (let n = 0; n < 10; n++) call.write(Buffer.from(`${n};`))
    call.end()
  })
}

async function collect(stream: Stream): Promise<string[]> {
  const messages: string[] = []
  for await (const message of stream) messages.push(message.toString())
  return messages
}

function cancelled(client: Client): Promise<unknown> {
  return new Promise((resolve) => {
    const call = client.makeServerStreamRequest(pathOf('Never'), same, same, Buffer.from('x'))
    call.once('data', () => call.cancel())
    call.once('error', ({ code }: Failure) => resolve(code))
  })
}

/** Both directions at once, with a reader that is slower than the writers. */
async function bothWays(client: Client): Promise<unknown> {
  const call = client.makeBidiStreamRequest(pathOf('Bidi'), same, same)
  const writing = (async () => {
    for (let n = 0; n < MESSAGES; n++) {
      if (!call.write(Buffer.concat([Buffer.from(`${n} `), MESSAGE])))
        await new Promise<void>((resolve) => call.once('drain', () => resolve()))
    }
    call.end()
  })()
  const hash = createHash('sha256')
  let count = 0
  for await (const message of call) {
    hash.update(message)
    if (++count % 20 === 0) await delay(2)
  }
  await writing
  return [count, hash.digest('hex')]
}
