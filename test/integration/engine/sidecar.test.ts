/** The sidecar of a whole engine: real traffic as protobuf, read by a client in Python. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openSecure } from '../../support/proxy-client.ts'
import { lacks, runCommand } from '../../support/run-command.ts'
import { shortDirectory } from '../../support/short-directory.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

/** Below 5 s on an idle machine; Python compiles the service first. */
t.setTimeout(600_000)

const PROTO_FOLDER = fileURLToPath(new URL('../../../../docs/events', import.meta.url))

/** Subscribes, says `ready`, takes what comes until the flow has ended, and asks for the rest. */
const PYTHON = `
import sys, grpc
sys.path.insert(0, sys.argv[2])
import events_pb2 as pb, events_pb2_grpc as service
stub = service.SidecarStub(grpc.insecure_channel(sys.argv[1]))
calls = stub.Subscribe(pb.SubscribeRequest(events=["request_headers", "response_headers", "stream_closed"]))
calls.initial_metadata()
print("ready", flush=True)
for event in calls:
    name = event.WhichOneof("event")
    if name == "request_headers":
        fields = {line.name: line.value for line in event.request_headers.fields.lines}
        print(name, pb.Protocol.Name(event.protocol), event.request_headers.path, fields["Cookie"], flush=True)
    elif name == "response_headers":
        print(name, event.response_headers.status, flush=True)
    elif not event.stream_closed.HasField("exchange"):
        print(name, pb.StreamClosed.CloseReason.Name(event.stream_closed.close_reason), flush=True)
        break
print(stub.Health(pb.HealthRequest()).state)
try:
    stub.Reload(pb.ReloadRequest())
except grpc.RpcError as error:
    print(error.code().name, error.details())
`

async function lacksGrpcio(): Promise<string | false> {
  if (lacks('python3')) return 'python3 is not installed'
  const { code } = await runCommand('python3', ['-c', 'import grpc, grpc_tools.protoc'])
  return code === 0 ? false : 'grpcio and grpcio-tools are not installed'
}

t.test('a client in Python, generated from the published file', { skip: await lacksGrpcio() }, async (t) => {
  const folder = shortDirectory(t)
  const compiler = ['-m', 'grpc_tools.protoc', `-I${PROTO_FOLDER}`, `--python_out=${folder}`, `--grpc_python_out=${folder}`, 'events.proto']
  t.equal((await runCommand('python3', compiler)).code, 0, 'the official compiler reads it')
  const origin = await startHttpsOrigin((_asked, response) => void response.end('hello'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { sidecar: { listen: `unix:${join(folder, 's')}` } })
  writeFileSync(join(folder, 'client.py'), PYTHON)
  const reading = runCommand('python3', [join(folder, 'client.py'), `unix:${join(folder, 's')}`, folder])
  await until(async () => (await harness.metrics()).value('soth_mitm_sidecar_clients') === 1)
  const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  client.socket.write('GET /py HTTP/1.1\r\nHost: localhost\r\nCookie: secret\r\nConnection: close\r\n\r\n')
  await client.has('hello')
  client.socket.end()
  const { stdout, stderr } = await reading
  t.same(
    stdout.trimEnd().split('\n'),
    [
      'ready',
      'request_headers PROTOCOL_HTTP1 /py [redacted]',
      'response_headers 200',
      'stream_closed CLOSE_REASON_RELAY_EOF',
      'ready',
      'INVALID_ARGUMENT there is no configuration file to reload',
    ],
    stderr,
  )
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 60_000; !(await condition()); ) {
    if (performance.now() > deadline) throw new Error('the client did not come')
  }
}
