/**
 * Faults of gRPC messages, as @grpc/grpc-js on both ends sees them: which messages came, when, and the status; what the engine tells of
 * it; and that calls beside, on the same connection, go on.
 */

import * as grpc from '@grpc/grpc-js'
import t from 'tap'
import { openGateway } from '../../support/clients/connect-gateway.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { originCertificate } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const ASKED = ['a', 'b', 'c']
const ANSWERED = ['null', 'eins', 'zwei', 'drei']

interface Case {
  readonly fault: object
  /** What each side heard; absent: all that was said. */
  readonly client?: readonly string[]
  readonly origin?: readonly string[]
  /** The status of the call, and its message. */
  readonly status: readonly [number | undefined, RegExp]
  readonly told?: object
}

const OK = [grpc.status.OK, /^$|OK/] as const

const CASES: Readonly<Record<string, Case>> = {
  'no fault': { fault: { message: 9 }, status: OK },
  'a message of the origin is dropped': {
    fault: { message: 1, action: 'drop' },
    client: ['null', 'zwei', 'drei'],
    status: OK,
    told: { position: 1 },
  },
  'a message of the client is dropped': {
    fault: { side: 'client', message: 0, action: 'drop' },
    origin: ['b', 'c'],
    status: OK,
    told: { position: 0 },
  },
  'a message comes twice': { fault: { message: 3, action: 'duplicate' }, client: [...ANSWERED, 'drei'], status: OK, told: { position: 3 } },
  'a message of the client comes twice': {
    fault: { side: 'client', message: 2, action: 'duplicate' },
    origin: ['a', 'b', 'c', 'c'],
    status: OK,
  },
  'a message is late': { fault: { message: 2, action: 'delay', ms: 300 }, status: OK, told: { applied: { action: 'delay', ms: 300 } } },
  'a status': {
    fault: { message: 2, status: 8, message_text: 'genug: ü' },
    client: ['null', 'eins'],
    status: [grpc.status.RESOURCE_EXHAUSTED, /^genug: ü$/],
    told: { position: 2, unit: 'message', applied: { action: 'status', status: 8 } },
  },
  'a false flag': {
    fault: { message: 1, action: 'malformed' },
    client: ['null'],
    // grpc-js fails the call in a filter of its own, and then gives no code.
    status: [undefined, /^$/],
    told: { applied: { action: 'malformed', flags: 1 } },
  },
  'half of a message': {
    fault: { message: 1, action: 'truncate' },
    client: ['null'],
    status: [grpc.status.INTERNAL, /without gRPC status/],
    told: { applied: { action: 'truncate', bytes: 4 } },
  },
}

interface Seen {
  readonly client: string[]
  readonly times: number[]
  readonly status: readonly [number, string]
}

const same = (octets: Buffer) => octets
const pathOf = (n: number) => `/test.Faults/Case${n}`
const codec = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same }

/** The origin hears all, then answers; what it heard, by case. */
async function serve(heard: string[][]): Promise<{ port: number; close: () => void }> {
  const server = new grpc.Server()
  for (const [n] of Object.keys(CASES).entries()) {
    heard[n] = []
    const definition = { [`Case${n}`]: { path: pathOf(n), requestStream: true, responseStream: true, ...codec } }
    const handler = (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (message: Buffer) => heard[n]?.push(String(message)))
      call.on('error', () => {})
      call.on('end', () => {
        for (const text of ANSWERED) call.write(Buffer.from(text))
        call.end()
      })
    }
    server.addService(definition as grpc.ServiceDefinition, { [`Case${n}`]: handler } as grpc.UntypedServiceImplementation)
  }
  const { cert, key } = originCertificate()
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }
  const credentials = grpc.ServerCredentials.createSsl(null, [pair], false)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  )
  return { port, close: () => server.forceShutdown() }
}

function call(client: grpc.Client, path: string): Promise<Seen> {
  return new Promise((resolve) => {
    const seen: Seen = { client: [], times: [], status: [-1, ''] }
    const stream = client.makeBidiStreamRequest<Buffer, Buffer>(path, same, same)
    stream.on('data', (message: Buffer) => {
      seen.client.push(String(message))
      seen.times.push(performance.now())
    })
    stream.on('error', () => {})
    stream.on('status', ({ code, details }: grpc.StatusObject) => setImmediate(() => resolve({ ...seen, status: [code, details] })))
    for (const text of ASKED) stream.write(Buffer.from(text))
    stream.end()
  })
}

t.test('calls on one connection, each with its fault', async (t) => {
  const heard: string[][] = []
  const { port, close } = await serve(heard)
  t.teardown(close)
  const cases = Object.entries(CASES)
  const rules = cases.map(([, { fault }], n) => ({
    name: pathOf(n),
    match: { path: pathOf(n) },
    fault: { kind: 'grpc_message', ...fault } as never,
  }))
  const harness = await EngineHarness.start(t, { rules })
  const gateway = await openGateway(t, harness.proxyPort, `localhost:${port}`)
  const client = new grpc.Client(`localhost:${gateway}`, grpc.credentials.createSsl(Buffer.from(harness.caPem)))
  const begun = performance.now()
  const all = await Promise.all(cases.map((_, n) => call(client, pathOf(n))))
  client.close()
  await harness.settled(1)
  await harness.checkLaws(t, harness.flowEnds().length)
  for (const [n, [name, { client = ANSWERED, origin = ASKED, status, told }]] of cases.entries())
    await t.test(name, async (t) => {
      const seen = all[n]
      t.same([seen?.client, heard[n]], [client, origin])
      t.equal(seen?.status[0], status[0], `${seen?.status}`)
      t.match(seen?.status[1] ?? '', status[1])
      const injected = harness.named('fault_injected').filter((event) => event.rule === pathOf(n))
      t.equal(injected.length, name === 'no fault' ? 0 : 1)
      if (told !== undefined) t.match(injected[0], { kind: 'grpc_message', phase: 'body', ...told })
      const { stream_id } = harness.named('request_headers').find((event) => event.path === pathOf(n)) ?? {}
      const ended = harness.exchangeEnds().find((event) => event.stream_id === stream_id)
      t.equal(ended?.faulted === true, name !== 'no fault')
      if (name === 'a status' || name === 'half of a message') t.equal(ended?.close_reason, 'fault_injected')
      else t.equal(ended?.close_reason, 'completed')
    })
  const [, , third = 0] = all[cases.findIndex(([name]) => name === 'a message is late')]?.times ?? []
  t.ok(third - begun >= 299, 'it is 300 ms late')
})
