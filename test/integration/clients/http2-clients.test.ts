/**
 * HTTP/2 clients and origins by others, through the engine: curl, undici, Chromium, nghttp, h2load, Go and Python against node:http2,
 * nginx and nghttpd.
 */

import { writeFileSync } from 'node:fs'
import type { ClientHttp2Session, IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ProxyAgent, request } from 'undici'
import { Chromium, LACKS_CHROMIUM } from '../../support/clients/chromium.ts'
import { openGateway } from '../../support/clients/connect-gateway.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { closed, openHttp2, startHttp2Origin } from '../../support/origins/http2-origin.ts'
import { LARGE_OCTETS, startNghttpd } from '../../support/origins/nghttpd-origin.ts'
import { startNginx } from '../../support/origins/nginx-origin.ts'
import { lacks, runCommand } from '../../support/run-command.ts'

/** 30 s on an idle machine, most of it in compilers and browsers that start. */
t.setTimeout(600_000)

const MEGABYTE = 1_048_576
const DOWNLOAD_OCTETS = 32 * MEGABYTE

function serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const path = headers[':path'] ?? ''
  if (path === '/trailers') {
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'yes' }))
    stream.end('with trailers')
    return
  }
  if (path === '/download') {
    stream.respond({ ':status': 200 })
    stream.end(Buffer.alloc(DOWNLOAD_OCTETS))
    return
  }
  if (path === '/early') stream.additionalHeaders({ ':status': 103, link: '</a.css>' })
  if (path === '/data.json' || path === '/script.js' || path === '/') {
    stream.respond({ ':status': 200, 'content-type': path === '/' ? 'text/html' : 'text/javascript' })
    stream.end(path === '/' ? '<!doctype html><title>h2</title><body>page<script src="/script.js"></script>' : SCRIPT)
    return
  }
  let octets = 0
  stream.on('data', (chunk: Buffer) => {
    octets += chunk.length
  })
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'text/plain' })
    stream.end(headers[':method'] === 'HEAD' ? undefined : `${headers[':method']} ${path} ${octets}`)
  })
}
const SCRIPT =
  "fetch('/posted', { method: 'POST', body: 'x'.repeat(1000) }).then((r) => r.text()).then((d) => { document.body.textContent = d })"

/** One exchange of `client`: status, octets of the body and trailers of the response. */
function exchange(client: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: Buffer) {
  return new Promise<{ status: unknown; octets: number; trailers: IncomingHttpHeaders }>((resolve, reject) => {
    const stream = client.request(headers, { endStream: body === undefined })
    let status: unknown
    let octets = 0
    let trailers: IncomingHttpHeaders = {}
    stream.on('response', (response) => {
      status = response[':status']
    })
    stream.on('trailers', (received: IncomingHttpHeaders) => {
      trailers = received
    })
    stream.on('data', (chunk: Buffer) => {
      octets += chunk.length
    })
    stream.on('error', reject).on('close', () => resolve({ status, octets, trailers }))
    if (body !== undefined) stream.end(body)
  })
}

async function setUp(t: Test): Promise<{ harness: EngineHarness; port: number; base: string }> {
  const origin = await startHttp2Origin(t, serve)
  const harness = await EngineHarness.start(t, { workers: 1 })
  return { harness, port: origin.port, base: `https://localhost:${origin.port}` }
}

/** All is over: lifecycles and metrics agree, and every exchange was HTTP/2 and complete. */
async function check(t: Test, harness: EngineHarness, exchanges: number): Promise<void> {
  await harness.settled(1)
  await harness.checkLaws(t, harness.flowEnds().length)
  const ends = harness.exchangeEnds()
  t.equal(ends.length, exchanges)
  t.same(new Set(ends.map(({ close_reason, protocol }) => `${close_reason} ${protocol}`)), new Set(['completed http2']))
}

t.test('curl --http2', { skip: lacks('curl') }, async (t) => {
  const { harness, base } = await setUp(t)
  const body = join(harness.directory, 'body')
  writeFileSync(body, Buffer.alloc(5 * MEGABYTE, 'x'))
  const curl = async (...args: string[]) => {
    const result = await runCommand('curl', [
      '-sS',
      '-x',
      harness.proxyUrl,
      '--cacert',
      harness.caFile,
      '--http2',
      '--suppress-connect-headers',
      '--no-progress-meter',
      ...args,
    ])
    return `${result.code} ${result.stdout}${result.stderr}`
  }
  t.equal(await curl('-w', ' HTTP/%{http_version}', `${base}/a`), '0 GET /a 0 HTTP/2')
  t.equal(await curl('--data-binary', `@${body}`, `${base}/post`), `0 POST /post ${5 * MEGABYTE}`)
  t.match(await curl('-I', `${base}/head`), /^0 HTTP\/2 200 /)
  t.match(await curl('-i', `${base}/early`), /^0 HTTP\/2 103 [\s\S]*link: <\/a.css>[\s\S]*HTTP\/2 200 [\s\S]*GET \/early 0$/)
  t.match(await curl('-i', `${base}/trailers`), /with trailers[\s\S]*x-end: yes/)
  t.equal(await curl('--parallel', '--parallel-immediate', `${base}/p`, `${base}/p`, `${base}/p`), `0 ${'GET /p 0'.repeat(3)}`)
  await check(t, harness, 8)
  t.match(harness.named('response_trailers'), [{ fields: [['x-end', 'yes']] }])
})

t.test('undici with allowH2', async (t) => {
  const { harness, base } = await setUp(t)
  const tls = { ca: harness.caPem, allowH2: true }
  const agent = new ProxyAgent({ uri: harness.proxyUrl, requestTls: tls, allowH2: true })
  for (let n = 0; n < 5; n++) {
    const { body, statusCode } = await request(`${base}/${n}`, { dispatcher: agent, method: 'POST', body: 'x'.repeat(n * 50_000) })
    t.equal(`${statusCode} ${await body.text()}`, `200 POST /${n} ${n * 50_000}`)
  }
  await agent.close()
  await check(t, harness, 5)
})

t.test('Chromium', { skip: lacks('chromium') }, async (t) => {
  const { harness, base } = await setUp(t)
  const result = await runCommand(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      `--user-data-dir=${join(harness.directory, 'profile')}`,
      `--proxy-server=${harness.proxyUrl}`,
      '--proxy-bypass-list=<-loopback>',
      '--ignore-certificate-errors',
      '--virtual-time-budget=8000',
      '--dump-dom',
      `${base}/`,
    ],
    { deadlineMs: 180_000 },
  )
  t.match(result.stdout, /POST \/posted 1000/)
  await harness.settled(1)
  t.ok(harness.exchangeEnds().filter(({ protocol }) => protocol === 'http2').length >= 3)
  await harness.checkLaws(t, harness.flowEnds().length)
})

const SOCKET_PAGE = `<!doctype html><body><script>
const socket = new WebSocket('wss://' + location.host + '/chat')
socket.onopen = () => socket.send('hello')
socket.onmessage = ({ data }) => { if (data === 'hello') socket.close(1000) }
</script>`

function page(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'text/html' })
  stream.end(SOCKET_PAGE)
}

/** Answers each frame with its payload, which is short and whole (RFC 6455 §5.2). */
function echoFrames(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200 })
  stream.on('data', (frame: Buffer) => {
    const mask = frame.subarray(2, 6)
    const payload = frame.subarray(6).map((octet, at) => octet ^ (mask[at & 3] as number))
    stream.write(Buffer.from([frame[0] as number, payload.length, ...payload]))
    if (((frame[0] as number) & 0xf) === 8) stream.end()
  })
}

t.test('a WebSocket of Chromium on a stream (RFC 8441)', { skip: LACKS_CHROMIUM }, async (t) => {
  let end: (() => void) | undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const origin = await startHttp2Origin(
    t,
    (stream, headers) => {
      if (headers[':protocol'] !== 'websocket') page(stream)
      else echoFrames(stream.once('close', () => end?.()))
    },
    { settings: { enableConnectProtocol: true } },
  )
  const harness = await EngineHarness.start(t, { workers: 1 })
  const chromium = await Chromium.trusting(harness.directory, [harness.caFile])
  await chromium.keepOpen(`https://localhost:${origin.port}/`, harness.proxyUrl, ended)
  await harness.settled(1)
  const frames = harness.named('websocket_frame').map(({ side, opcode, protocol }) => `${protocol} ${side} ${opcode}`)
  t.same(frames, ['ws client text', 'ws origin text', 'ws client close', 'ws origin close'])
  t.match(harness.named('connection_upgraded'), [{ upgrade: 'websocket', protocol: 'http2' }])
  t.match(harness.named('websocket_closed'), [{ close_reason: 'completed' }])
})

t.test('nghttp and h2load', { skip: lacks('h2load') }, async (t) => {
  const { harness, port } = await setUp(t)
  const gateway = await openGateway(t, harness.proxyPort, `localhost:${port}`)
  const nghttp = await runCommand('nghttp', [`https://localhost:${gateway}/one`, `https://localhost:${gateway}/two`])
  t.match(`${nghttp.stdout}${nghttp.stderr}`, /GET \/one 0[\s\S]*GET \/two 0|GET \/two 0[\s\S]*GET \/one 0/)
  const load = await runCommand('h2load', ['-n', '2000', '-c', '4', '-m', '50', `https://localhost:${gateway}/load`])
  t.match(load.stdout, /2000 succeeded, 0 failed, 0 errored/)
  await check(t, harness, 2_002)
})

t.test('h2load at nginx', { skip: lacks('h2load') || lacks('nginx', '-v') }, async (t) => {
  const port = await startNginx(t)
  const harness = await EngineHarness.start(t, { workers: 1 })
  const gateway = await openGateway(t, harness.proxyPort, `localhost:${port}`)
  const load = await runCommand('h2load', ['-n', '2000', '-c', '4', '-m', '50', `https://localhost:${gateway}/load`])
  t.match(load.stdout, /2000 succeeded, 0 failed, 0 errored/)
  await check(t, harness, 2_000)
})

t.test(
  'nghttpd as the origin: load, bodies both ways, trailers, a missing page',
  { skip: lacks('nghttpd') || lacks('h2load') },
  async (t) => {
    const port = await startNghttpd(t)
    const harness = await EngineHarness.start(t, { workers: 1 })
    const gateway = await openGateway(t, harness.proxyPort, `localhost:${port}`)
    const load = await runCommand('h2load', ['-n', '1000', '-c', '4', '-m', '50', `https://localhost:${gateway}/small`])
    t.match(load.stdout, /1000 succeeded, 0 failed, 0 errored/)
    const large = await runCommand('h2load', ['-n', '40', '-c', '2', '-m', '10', `https://localhost:${gateway}/large`])
    t.match(large.stdout, /40 succeeded, 0 failed, 0 errored/)
    t.match(large.stdout, new RegExp(`\\(${40 * LARGE_OCTETS}\\) data`))
    const client = await openHttp2(harness, port)
    const posted = await exchange(client, { ':method': 'POST', ':path': '/echo' }, Buffer.alloc(300_000, 'p'))
    t.match(posted, { status: 200, octets: 300_000, trailers: { 'x-end': 'yes' } })
    t.match(await exchange(client, { ':path': '/none' }), { status: 404 })
    client.close()
    await closed(client)
    await check(t, harness, 1_042)
  },
)

t.test('h2load by prior knowledge, in the clear inside CONNECT', { skip: lacks('h2load') || lacks('nghttpd') }, async (t) => {
  const { createServer } = await import('node:http2')
  const origin = createServer()
  origin.on('stream', serve)
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void origin.close())
  const address = origin.address()
  const harness = await EngineHarness.start(t, { workers: 1 })
  const gateway = await openGateway(t, harness.proxyPort, `localhost:${typeof address === 'object' ? address?.port : 0}`)
  const load = await runCommand('h2load', ['-n', '500', '-c', '2', '-m', '20', `http://localhost:${gateway}/clear`])
  t.match(load.stdout, /500 succeeded, 0 failed, 0 errored/)
  await check(t, harness, 500)
})

const GO = `package main
import ("bytes"; "crypto/tls"; "crypto/x509"; "fmt"; "io"; "net/http"; "net/url"; "os"; "sync")
func main() {
  pem, _ := os.ReadFile(os.Args[2]); pool := x509.NewCertPool(); pool.AppendCertsFromPEM(pem)
  proxy, _ := url.Parse(os.Args[1])
  client := &http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return proxy, nil }, TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
  var wait sync.WaitGroup
  for n := 0; n < 50; n++ { wait.Add(1); go func(n int) { defer wait.Done()
    answer, err := client.Post(os.Args[3]+"/go", "text/plain", bytes.NewReader(make([]byte, n*10000)))
    if err != nil { fmt.Println("failed", err); return }
    body, _ := io.ReadAll(answer.Body); answer.Body.Close()
    if string(body) != fmt.Sprintf("POST /go %d", n*10000) || answer.ProtoMajor != 2 { fmt.Println("wrong", n, string(body)) }
  }(n) }
  wait.Wait()
  answer, err := client.Get(os.Args[3]+"/download")
  if err != nil { fmt.Println("failed", err); return }
  total, piece := 0, make([]byte, 4096)
  for err == nil { var count int; count, err = answer.Body.Read(piece); total += count }
  fmt.Println(total, err)
}`

t.test('Go', { skip: lacks('go', 'version') }, async (t) => {
  const { harness, base } = await setUp(t)
  const folder = harness.directory
  writeFileSync(join(folder, 'main.go'), GO)
  const built = await runCommand('go', ['build', '-o', 'client', 'main.go'], { cwd: folder, deadlineMs: 400_000 })
  t.equal(built.code, 0, built.stderr)
  const result = await runCommand(join(folder, 'client'), [harness.proxyUrl, harness.caFile, base])
  // Go gives credit for each 4,096 octets that are read, on the stream and on the connection.
  t.equal(result.stdout, `${DOWNLOAD_OCTETS} EOF\n`)
  await check(t, harness, 51)
})

const PYTHON = `
import asyncio, ssl, sys, httpx
async def main():
    async with httpx.AsyncClient(http2=True, proxy=sys.argv[1], verify=ssl.create_default_context(cafile=sys.argv[2]), timeout=60) as client:
        async def one(n):
            answer = await client.post(sys.argv[3] + "/py", content=b"x" * n * 10000)
            assert answer.http_version == "HTTP/2" and answer.text == f"POST /py {n * 10000}", answer.text
        await asyncio.gather(*[one(n) for n in range(20)])
    print("done")
asyncio.run(main())
`

t.test('Python', { skip: await lacksHttpx() }, async (t) => {
  const { harness, base } = await setUp(t)
  const result = await runCommand('python3', ['-c', PYTHON, harness.proxyUrl, harness.caFile, base])
  t.equal(result.stdout, 'done\n', result.stderr.slice(-500))
  await check(t, harness, 20)
})

async function lacksHttpx(): Promise<string | false> {
  if (lacks('python3')) return 'python3 is not installed'
  const { code } = await runCommand('python3', ['-c', 'import httpx, h2'])
  return code === 0 ? false : 'httpx[http2] is not installed'
}
