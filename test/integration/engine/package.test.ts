/**
 * The package as npm makes it, in a project that embeds it: what is in it, that it runs without the repository, that its types
 * hold for a strict TypeScript caller, and that an engine in another program behaves (no leftover, no crash by an observer).
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCommand } from '../../support/run-command.ts'

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))
const TYPESCRIPT = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))

t.setTimeout(600_000)

/** A project below the repository: what the package depends on is found above it. */
const project = t.testdir()
const packed = await runCommand('npm', ['pack', '--json', '--pack-destination', project], { cwd: REPOSITORY })
const [report] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }]
const installed = join(project, 'node_modules/soth-mitm')
mkdirSync(installed, { recursive: true })
await runCommand('tar', ['xzf', join(project, report.filename), '-C', installed, '--strip-components=1'])
write('package.json', '{ "type": "module" }')

function write(name: string, text: string): void {
  mkdirSync(dirname(join(project, name)), { recursive: true })
  writeFileSync(join(project, name), text)
}

function node(name: string, text: string) {
  write(name, text)
  return runCommand(process.execPath, [name], { cwd: project, env: { NODE_OPTIONS: '' } })
}

t.test('what is in it', async (t) => {
  const paths = report.files.map((file) => file.path)
  for (const needed of [
    'README.md',
    'LICENSE',
    'dist/src/cli.js',
    'dist/src/index.d.ts',
    'dist/src/workers/shard-task.js',
    'dist/src/aggregator/aggregator-thread.js',
    'dist/src/loader/loader-thread.js',
    'docs/events/events.proto',
    'profiles/anthropic.yaml',
    'adapters/mitmproxy/soth_mitm_addon.py',
  ]) {
    t.ok(paths.includes(needed), needed)
  }
  t.same(
    paths.filter((path) => /\.map$|(?<!\.d)\.ts$|^dist\/(?!src\/)|^test|(?:^|\/)test_/.test(path)),
    [],
    'no sources, tests or maps of what is not there',
  )
})

t.test('a program that embeds it runs on the Node.js of its own', async (t) => {
  const manifest = await node('manifest.js', "import m from 'soth-mitm/package.json' with { type: 'json' }; console.log(JSON.stringify(m))")
  const names = Object.keys({ ...JSON.parse(manifest.stdout).dependencies, ...JSON.parse(manifest.stdout).optionalDependencies })
  t.same(
    names.filter((name) => name.startsWith('node-linux')),
    [],
  )
})

t.test('its command', async (t) => {
  const version = await runCommand(process.execPath, [join(installed, 'dist/src/cli.js'), '--version'], { cwd: project })
  t.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
  const faults = await runCommand(process.execPath, [join(installed, 'dist/src/cli.js'), 'faults', 'anthropic:529'], { cwd: project })
  t.match(faults.stdout, /overloaded/, 'the profiles are found')
})

t.test('schemas are exported', async (t) => {
  const { stdout } = await node(
    'schemas.js',
    `import { readFileSync } from 'node:fs'
     import { fileURLToPath } from 'node:url'
     for (const name of ['config.schema.json', 'events.schema.json', 'events.proto'])
       console.log(readFileSync(fileURLToPath(import.meta.resolve('soth-mitm/' + name)), 'utf8').length > 1000)`,
  )
  t.equal(stdout, 'true\ntrue\ntrue\n')
})

t.test('types, for a strict caller that looks into its dependencies', async (t) => {
  write(
    'types.ts',
    `import { createEngine, ConfigError, UserError, type ConfigProblem, type Engine, type EventFilter, type EventOf, type Reloaded, type SothEvent } from 'soth-mitm'

export async function run(): Promise<void> {
  const engine: Engine = createEngine({ listen: '127.0.0.1:0', caDir: './ca', limits: { idleTimeoutMs: 1 }, rules: [{ match: { host: 'a' }, capture: { bodyBytes: 1 } }] })
  createEngine({ ca_dir: './ca', proxy_auth: { users: [{ name: 'a', password: 'b' }] } })
  engine.subscribe({ events: ['request_headers'] }, (event) => {
    if (event.event === 'request_headers') console.log(event.method?.length, event.server_host, event.path)
    else console.log(event.count satisfies number | undefined)
    // @ts-expect-error: not among the events asked for
    if (event.event === 'sse_event') return
  })
  const filter: EventFilter = { hosts: ['.example.com'], protocols: ['sse'] }
  engine.subscribe(filter, async (event: SothEvent) => console.log(event.flow_id))
  const closed = (event: EventOf<'stream_closed'>): string | undefined => event.close_reason
  engine.subscribe({}, (event) => (event.event === 'stream_closed' ? void closed(event) : undefined))
  // @ts-expect-error: no such event
  engine.subscribe({ events: ['request_header'] }, () => undefined)
  // @ts-expect-error: no such option
  createEngine({ listn: 1 })
  // @ts-expect-error: not in camelCase either
  createEngine({ caDirectory: 'x' })
  try {
    const { listen, admin } = await engine.start()
    console.log(listen[0], admin?.length)
    const { rules }: Reloaded = await engine.reloadFile({ file: 'soth.yaml' })
    console.log(rules)
  } catch (error) {
    if (error instanceof ConfigError) error.problems.map((problem: ConfigProblem) => problem.path)
    if (error instanceof UserError) console.log(error.what, error.where, error.remedy)
  }
  await engine.drain(1)
  await engine.close()
}
`,
  )
  write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module: 'nodenext',
        target: 'es2022',
        lib: ['es2023'],
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        types: ['node'],
      },
      files: ['types.ts'],
    }),
  )
  // Tap has every process of Node import what reads TypeScript, which the compiler itself cannot be loaded beside.
  const { code, stdout, stderr } = await runCommand('env', ['-u', 'NODE_OPTIONS', process.execPath, TYPESCRIPT, '-p', project])
  t.equal(stdout, '')
  t.equal(code, 0, stderr)
})

/** A program that makes an engine, does `body`, closes it, and must end by itself. */
function program(name: string, body: string) {
  return node(
    name,
    `import { connect } from 'node:net'
     import { once } from 'node:events'
     import { createEngine } from 'soth-mitm'
     const make = () => createEngine({ listen: '127.0.0.1:0', admin: false, workers: 1, caDir: 'ca' })
     const told = (promise) => promise.then(() => 'done', (error) => error.message)
     const visit = async ({ listen }) => {
       const socket = connect(Number(listen[0].split(':').at(-1)), '127.0.0.1').resume()
       socket.end('GET / HTTP/1.1\\r\\n\\r\\n')
       await once(socket, 'close')
     }
     ${body}`,
  )
}

t.test('started twice, closed, started again: one engine, and nothing of it stays', async (t) => {
  const { code, stdout, stderr } = await program(
    'lifecycle.js',
    `const engine = make()
     const [one, two] = await Promise.all([engine.start(), engine.start()])
     console.log(one === two, (await engine.start()) === one)
     await engine.close()
     await engine.close()
     console.log(await told(engine.start()))
     console.log(await told(engine.reload({})))
     console.log(await told(engine.reloadFile({})))
     try { engine.subscribe({}, () => {}) } catch (error) { console.log(error.message) }
     const never = make()
     await never.close()
     console.log(await told(never.start()))
     const others = [make(), make()]
     const addresses = await Promise.all(others.map((other) => other.start()))
     console.log(new Set(addresses.map(({ listen }) => listen[0])).size)
     await Promise.all(others.map((other) => other.close()))`,
  )
  t.equal(stderr, '')
  t.equal(code, 0, 'it ends by itself')
  t.same(stdout.trimEnd().split('\n'), [
    'true true',
    'the engine is closed; make another',
    'the engine is closed; make another',
    'the engine is closed; make another',
    'the engine is closed; make another',
    'the engine is closed; make another',
    '2',
  ])
})

t.test('listeners that throw or reject lose nothing, end nothing, and are told once each', async (t) => {
  const { code, stdout, stderr } = await program(
    'listeners.js',
    `const engine = make()
     const counts = { thrown: 0, rejected: 0, sound: 0 }
     engine.subscribe({}, () => { counts.thrown++; throw new Error('a mistake') })
     engine.subscribe({}, async () => { counts.rejected++; throw new Error('another') })
     engine.subscribe({}, () => { counts.sound++ })
     const addresses = await engine.start()
     for (let n = 0; n < 3; n++) await visit(addresses)
     await engine.close()
     console.log(counts.sound > 3, counts.thrown === counts.sound, counts.rejected === counts.sound)`,
  )
  t.equal(code, 0)
  t.equal(stdout, 'true true true\n')
  t.equal(stderr.match(/SothListenerWarning: .*a mistake/g)?.length, 1)
  t.equal(stderr.match(/SothListenerWarning: .*another/g)?.length, 1)
})

t.test('subscriptions that can never tell anything are refused', async (t) => {
  const { stdout } = await program(
    'filters.js',
    `const engine = make()
     for (const [filter, listener] of [[null, () => {}], [{ events: ['request_header'] }, () => {}], [{ event: [] }, () => {}], [{ protocols: ['http'] }, () => {}], [{}, undefined]])
       try { engine.subscribe(filter, listener) } catch (error) { console.log(error.name, error.message) }
     await engine.close()`,
  )
  t.same(stdout.trimEnd().split('\n'), [
    'TypeError the filter must be a map; an empty one takes everything',
    'TypeError there is no event "request_header"; did you mean "request_headers"?',
    'TypeError filter has no member "event"; there are events, hosts, protocols, flow_id',
    'TypeError there is no protocol "http"; did you mean "http1"?',
    'TypeError the listener must be a function',
  ])
})

t.test('in a worker thread', async (t) => {
  const { code, stdout } = await program(
    'thread.js',
    `import { isMainThread, parentPort, Worker } from 'node:worker_threads'
     if (isMainThread) {
       new Worker(new URL(import.meta.url)).on('message', console.log)
     } else {
       const engine = make()
       const addresses = await engine.start()
       await visit(addresses)
       await engine.close()
       parentPort.postMessage('served')
     }`,
  )
  t.equal(code, 0)
  t.equal(stdout, 'served\n')
})
