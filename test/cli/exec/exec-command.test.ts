/**
 * `soth-mitm exec` as a process: real clients through a real engine to a TLS origin on loopback, exit codes, signals, variables.
 */

import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { startDemoOrigin } from '../../../src/cli/demo/demo-origin.ts'
import { lacking } from '../../support/lacking.ts'
import { CliProcess, REAL_CLI } from '../../support/processes/cli-process.ts'

/** Below 15 s on an idle machine. */
t.setTimeout(600_000)

/** `localhost` is what the origin is called: no exception may hide it. */
const NO_EXCEPTIONS = { NO_PROXY: '', no_proxy: '' }

async function surroundings(t: Test) {
  const origin = await startDemoOrigin()
  t.teardown(() => origin.close())
  const directory = t.testdir({ 'root.pem': origin.rootPem })
  const config = join(directory, 'config.json')
  const options = {
    listen: '127.0.0.1:0',
    admin: false,
    workers: 1,
    ca_dir: join(directory, 'ca'),
    upstream: { extra_ca_file: join(directory, 'root.pem') },
  }
  writeFileSync(config, JSON.stringify(options))
  const exec = async (...args: readonly string[]) => {
    const run = new CliProcess(REAL_CLI, ['exec', '--config', config, ...args], NO_EXCEPTIONS)
    return { code: await run.ended, stdout: run.stdout, stderr: run.stderr }
  }
  return { url: `https://${origin.authority}/`, directory, config, options, exec }
}

/** A running engine: `exec` is much quicker to start with one. */
async function startEngine(t: Test, ...args: readonly string[]) {
  const engine = new CliProcess(REAL_CLI, args)
  t.teardown(() => engine.child.kill('SIGKILL'))
  const [, address = ''] = await engine.says(/proxy on (127\.0\.0\.1:\d+)/)
  return { engine, address }
}

const python = (url: string) => [
  'python3',
  '-c',
  `import urllib.request; print(urllib.request.urlopen('${url}', timeout=60).read().decode())`,
]
const node = (url: string) => [
  process.execPath,
  '-e',
  `require('node:https').get('${url}', (r) => r.on('data', (d) => process.stdout.write(d))).on('error', (e) => { throw e })`,
]
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const nodeUsesProxy = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)

t.test('clients through an engine of its own: intercepted and trusted', async (t) => {
  const clients: readonly (readonly [name: string, skip: string | false, command: (url: string) => string[]])[] = [
    ['curl', lacking('curl'), (url) => ['curl', '-sS', url]],
    ['wget', lacking('wget'), (url) => ['wget', '-qO-', url]],
    ['python3', lacking('python3'), python],
    ['node', !nodeUsesProxy && `Node ${process.versions.node} takes no proxy from the environment`, node],
  ]
  for (const [name, skip, command] of clients) {
    t.test(name, { skip }, async (t) => {
      const { url, directory, exec } = await surroundings(t)
      const events = join(directory, 'events.ndjson')
      t.match(await exec('--events', events, '--', ...command(url)), { code: 0, stdout: /A page from the demo origin/, stderr: '' })
      const names = readFileSync(events, 'utf8')
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { event: string }).event)
      t.ok(names.includes('request_headers') && names.includes('response_headers'), 'the engine has read it')
      t.notOk(names.includes('tls_handshake_failed'))
    })
  }
})

t.test('a running engine is used, by its configured address or by --proxy', { skip: lacking('curl') }, async (t) => {
  const { url, directory, config, options, exec } = await surroundings(t)
  const events = join(directory, 'running.ndjson')
  const { engine, address } = await startEngine(t, '--config', config, '--events', events)
  t.match(await exec('--proxy', address, '--', 'curl', '-sS', url), { code: 0, stdout: /demo origin/ })
  writeFileSync(config, JSON.stringify({ ...options, listen: address }))
  t.match(await exec('--', 'curl', '-sS', url), { code: 0, stdout: /demo origin/ })
  t.match(await exec('--print'), { code: 0, stdout: `export HTTPS_PROXY=http://${address}\n`, stderr: '' })

  const other = await exec('--proxy', address, '--ca-dir', join(directory, 'other'), '--', 'true')
  t.match(other, { code: 1, stderr: /another CA than the one in use here; name its directory with --ca-dir/ })
  engine.child.kill('SIGTERM')
  await engine.ended
  t.equal(readFileSync(events, 'utf8').match(/"event":"request_headers"/g)?.length, 2, 'both went through it')
  t.match(await exec('--proxy', address, '--', 'true'), { code: 1, stderr: /no soth-mitm answers there/ })
})

t.test('exit codes, as a shell would give them', { skip: process.platform === 'win32' && 'POSIX shells' }, async (t) => {
  const { exec: start, config, directory } = await surroundings(t)
  const { address } = await startEngine(t, '--config', config)
  const exec = (...args: readonly string[]) => start(...(args.includes('--proxy') ? [] : ['--proxy', address]), ...args)
  t.match(await start('--', 'sh', '-c', 'exit 6'), { code: 6 }, 'from an engine of its own')
  t.match(await exec('--', 'sh', '-c', 'exit 7'), { code: 7 })
  t.match(await exec('--', 'sh', '-c', 'kill -KILL $$'), { code: 137 })
  t.match(await exec('--', 'no-such-program-here'), { code: 127, stderr: 'soth-mitm: no-such-program-here: no such program\n' })
  t.match(await exec('--', '/etc/passwd'), { code: 126, stderr: 'soth-mitm: /etc/passwd: permission denied (EACCES)\n' })
  t.match(await exec('--', ''), { code: 127, stderr: 'soth-mitm: : no such program\n' })
  const script = join(directory, 'script')
  writeFileSync(script, '#!/no/such/interpreter\n')
  chmodSync(script, 0o755)
  t.match(await exec('--', script), { code: 127, stderr: `soth-mitm: ${script}: the interpreter in its first line is not there\n` })
  t.match(await exec(), { code: 2, stderr: /no command; write soth-mitm exec -- CMD/ })
  t.match(await exec('curl'), { code: 2 })
  t.match(await exec('--proxy', 'x', '--', 'true'), { code: 2, stderr: /--proxy: "x" has no port/ })
  t.match(await exec('--proxy', 'ftp://h:1', '--', 'true'), { code: 2, stderr: /is not a proxy/ })
  t.match(await exec('--proxy', '[::1]:1', '--', 'true'), { code: 1, stderr: /^soth-mitm: \[::1\]:1: no soth-mitm answers there/ })
  t.match(await exec('--', 'sh', '-c', 'echo $1', 'sh', '--help'), { code: 0, stdout: '--help\n' }, 'the program’s flags are its own')
})

t.test('signals reach the program', { skip: process.platform === 'win32' && 'POSIX signals' }, async (t) => {
  const { config } = await surroundings(t)
  const { address } = await startEngine(t, '--config', config)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) {
    const script = `process.on('${signal}', () => { console.log('got it'); process.exit(9) }); setInterval(() => {}, 1000); console.log('up')`
    const run = new CliProcess(REAL_CLI, ['exec', '--config', config, '--proxy', address, '--', process.execPath, '-e', script])
    await run.says(/up/)
    run.child.kill(signal)
    t.equal(await run.ended, 9, signal)
    t.match(run.stdout, /got it/)
  }
})

/** Runs its arguments behind a pipe on a terminal of its own, presses Ctrl-C once `up` is said, and prints all that came. */
const TERMINAL = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp('sh', ['sh', '-c', 'sleep 300 | "$@"', 'sh', *sys.argv[1:]])
said, pressed = b'', False
while True:
    try:
        part = os.read(terminal, 1000)
    except OSError:
        break
    if part == b'':
        break
    said += part
    if b'up' in said and not pressed:
        pressed = True
        os.write(terminal, b'\\x03')
print(said.decode())
`

t.test('Ctrl-C reaches the program once, also where standard input is a pipe', { skip: lacking('python3') }, async (t) => {
  const { config } = await surroundings(t)
  const { address } = await startEngine(t, '--config', config)
  // The second one, if there is one, is under way when the first comes.
  const script = `let count = 0
process.on('SIGINT', () => { if (++count === 1) setTimeout(() => { console.log('interrupts ' + count); process.exit() }, 1000) })
setInterval(() => {}, 1000)
console.log('up')`
  const exec = [fileURLToPath(REAL_CLI), 'exec', '--config', config, '--proxy', address, '--', process.execPath, '-e', script]
  const env = { ...process.env, NODE_OPTIONS: '' }
  // Two signals that come at once may be one: of rounds that send two, three of five tell.
  for (let round = 0; round < 4; round++) {
    const { stdout } = await promisify(execFile)('python3', ['-c', TERMINAL, process.execPath, ...exec], { env, timeout: 180_000 })
    t.match(stdout, /interrupts 1\b/)
  }
})

t.test('--print is for eval', { skip: process.platform === 'win32' && 'POSIX shells' }, async (t) => {
  const { exec, directory } = await surroundings(t)
  const { code, stdout } = await exec('--print')
  t.equal(code, 0)
  const read = execFileSync('sh', ['-c', `${stdout}\nprintf '%s\\n' "$SSL_CERT_FILE" "$JAVA_TOOL_OPTIONS"`], { encoding: 'utf8' })
  t.match(read, `${directory}/ca/ca-bundle.pem\n`)
  t.match(read, `-Djavax.net.ssl.trustStore=${directory}/ca/ca-truststore.p12 `)
  t.match(await exec('--print', '--ca-dir', '/proc/no'), { code: 1, stderr: /^soth-mitm: cannot write the CA[^\n]*\n$/ })
})
