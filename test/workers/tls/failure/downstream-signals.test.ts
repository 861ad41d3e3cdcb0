/**
 * What real clients that turn away tell: raw ones in every phase and way, and the programs found on this machine.
 */

import { spawn, spawnSync } from 'node:child_process'
import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import t from 'tap'
import { DownstreamSignals } from '../../../../src/workers/tls/failure/downstream-signals.ts'
import type { FailureEvidence, TlsFailure } from '../../../../src/workers/tls/failure/failure-evidence.ts'
import { classifyFailure } from '../../../../src/workers/tls/failure/failure-taxonomy.ts'
import { wasReset } from '../../../../src/workers/tls/failure/was-reset.ts'
import { ClientHelloParser } from '../../../../src/workers/tls/hello/client-hello-parser.ts'
import { type RawPhase, RawTls13Client } from '../../../support/clients/raw-tls13-client.ts'
import { selfSigned } from '../../../support/pki/test-pki.ts'

t.setTimeout(600_000)

const SETTLE_MS = 15
const DEADLINE_MS = 60_000
/** Of a client that stalls: it has the server's flight by then, on a busy machine too. */
const STALL_MS = 2_000

/** A server as the engine has it: the hello is peeked, put back, and read again by a TLSSocket that is watched. */
class Terminator {
  readonly server: Server
  originMs = 5
  deadlineMs = DEADLINE_MS
  readonly #context = createSecureContext(selfSigned())
  readonly #open = new Set<Socket>()
  #tell: (line: string) => void = () => {}

  constructor() {
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    const address = this.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** What is told of the next connection: its failure, `used` after application data, `nothing` if it ends without either. */
  next(): Promise<string> {
    return new Promise((resolve) => {
      this.#tell = resolve
    })
  }

  close(): void {
    this.server.close()
    for (const socket of this.#open) socket.destroy()
  }

  #accept(socket: Socket): void {
    this.#open.add(socket)
    const tell = this.#tell
    const parser = new ClientHelloParser()
    const chunks: Buffer[] = []
    let phase: FailureEvidence['phase'] = 'before_hello'
    const peek = (chunk: Buffer) => {
      chunks.push(chunk)
      const waiting = phase !== 'mid_handshake'
      phase = parser.execute(chunk).kind === 'hello' ? 'mid_handshake' : 'hello'
      if (waiting && phase === 'mid_handshake') this.#connectOrigin(handOver)
    }
    const gone = (sign: Partial<FailureEvidence>) => {
      const failure = classifyFailure({ side: 'client', phase, ...sign })
      tell(failure === undefined ? 'nothing' : line(failure))
      socket.destroy()
    }
    const end = () => gone({ ended: true, reset: wasReset(socket) })
    const error = ({ code, message, syscall }: NodeJS.ErrnoException) => gone({ code, message, syscall })
    const handOver = () => {
      if (socket.destroyed) return
      socket.off('data', peek).off('end', end).off('error', error)
      socket.pause()
      socket.unshift(Buffer.concat(chunks))
      this.#terminate(socket)
    }
    socket.on('data', peek).on('end', end).on('error', error)
  }

  /** Stands for the time that the origin takes, in which the bare socket is still read; the loop polls once more before the hand-over. */
  #connectOrigin(done: () => void): void {
    if (this.originMs === 0) done()
    else setTimeout(() => setImmediate(done), this.originMs)
  }

  #terminate(socket: Socket): void {
    const tell = this.#tell
    const tls = new TLSSocket(socket, { isServer: true, secureContext: this.#context })
    const signals = new DownstreamSignals(tls, socket, (failure) => tell(line(failure)))
    const timer = setTimeout(() => {
      signals.timedOut()
      tls.destroy()
    }, this.deadlineMs)
    tls.on('secure', () => clearTimeout(timer))
    tls.on('data', (bytes: Buffer) => {
      signals.received(bytes.length)
      tell('used')
    })
    tls.on('end', () => tls.destroy())
    tls.on('close', () => {
      clearTimeout(timer)
      tell('nothing')
    })
  }
}

function line({ alert, phase, reason, source, subReason }: TlsFailure): string {
  return `${reason} ${subReason} ${alert} ${phase} ${source}`
}

const terminator = new Terminator()
const port = await terminator.listen()
t.teardown(() => terminator.close())

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

type Act = 'fin' | 'rst' | 'stall' | 'alert 48' | 'alert 42' | 'alert 121' | 'data'

const MATRIX: readonly (readonly [phase: RawPhase, act: Act, told: string])[] = [
  ['connected', 'fin', 'eof closed_before_hello -1 before_hello inferred'],
  ['connected', 'rst', 'reset reset_before_hello -1 before_hello inferred'],
  ['hello_sent', 'fin', 'eof closed_in_handshake -1 mid_handshake inferred'],
  ['hello_sent', 'rst', 'reset reset_in_handshake -1 mid_handshake inferred'],
  ['server_flight', 'fin', 'eof client_rejected_silently -1 mid_handshake inferred'],
  ['server_flight', 'rst', 'reset reset_in_handshake -1 mid_handshake inferred'],
  ['server_flight', 'stall', 'timeout stalled_in_handshake -1 mid_handshake inferred'],
  ['server_flight', 'alert 48', 'unknown_ca unknown_ca 48 mid_handshake authoritative'],
  ['server_flight', 'alert 42', 'cert_validation bad_certificate 42 mid_handshake authoritative'],
  // OpenSSL up to 3.5 has no text for it, so Node drops the error: only an end is left to see.
  ['server_flight', 'alert 121', 'eof closed_in_handshake -1 mid_handshake inferred'],
  ['finished', 'fin', 'eof client_rejected_silently -1 after_finished inferred'],
  ['finished', 'rst', 'reset reset_after_finished -1 after_finished inferred'],
  ['finished', 'alert 48', 'unknown_ca unknown_ca 48 after_finished authoritative'],
  ['finished', 'alert 42', 'cert_validation bad_certificate 42 after_finished authoritative'],
  ['finished', 'data', 'used'],
]

t.test('a raw client that goes in every phase, in every way', async (t) => {
  for (const [phase, act, told] of MATRIX) {
    const next = terminator.next()
    terminator.deadlineMs = act === 'stall' ? STALL_MS : DEADLINE_MS
    const client = await RawTls13Client.reach(port, phase)
    if (phase !== 'hello_sent') await pause(SETTLE_MS)
    if (act === 'fin') client.socket.end()
    else if (act === 'rst') client.socket.resetAndDestroy()
    else if (act === 'data') client.sendData(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    else if (act !== 'stall') {
      client.sendAlert(2, Number(act.slice(6)))
      client.socket.end()
    }
    t.equal(await next, told, `${phase}, ${act}`)
    client.socket.destroy()
  }
})

t.test('a RST that our flight has met is told from a FIN', async (t) => {
  terminator.originMs = 0
  const next = terminator.next()
  const client = await RawTls13Client.reach(port, 'hello_sent')
  client.socket.resetAndDestroy()
  t.equal(await next, 'reset reset_in_handshake -1 mid_handshake inferred')
  terminator.originMs = 5
})

const SILENT = 'eof client_rejected_silently -1'
const UNKNOWN_CA = 'unknown_ca unknown_ca 48 mid_handshake authoritative'
const PYTHON = `import ssl, socket
try:
  ssl.create_default_context().wrap_socket(socket.create_connection(('127.0.0.1', ${port})), server_hostname='localhost')
except ssl.SSLError:
  pass`

function nodeClient(version: string): string[] {
  const options = `{port:${port},host:'127.0.0.1',servername:'localhost',minVersion:'${version}',maxVersion:'${version}'}`
  return ['-e', `require('tls').connect(${options}).on('error', () => {})`]
}

/** Real clients that do not trust the certificate, each with its ways. */
const CLIENTS: readonly (readonly [name: string, command: string, probe: string, args: string[], told: string])[] = [
  ['Node, TLS 1.3', process.execPath, '--version', nodeClient('TLSv1.3'), `${SILENT} mid_handshake inferred`],
  ['Node, TLS 1.2', process.execPath, '--version', nodeClient('TLSv1.2'), `${SILENT} after_finished inferred`],
  ['OpenSSL', 'openssl', 'version', ['s_client', '-connect', `127.0.0.1:${port}`, '-verify_return_error', '-quiet'], UNKNOWN_CA],
  [
    'curl',
    'curl',
    '--version',
    ['-s', '--noproxy', '*', '--resolve', `localhost:${port}:127.0.0.1`, `https://localhost:${port}/`],
    UNKNOWN_CA,
  ],
  ['Python', 'python3', '--version', ['-c', PYTHON], UNKNOWN_CA],
]

for (const [name, command, probe, args, told] of CLIENTS) {
  const found = spawnSync(command, [probe]).status === 0
  t.test(`a client that rejects: ${name}`, { skip: found ? false : `no ${command} on this machine` }, async (t) => {
    const next = terminator.next()
    const child = spawn(command, args, { stdio: 'ignore' })
    t.equal(await next, told)
    child.kill()
  })
}
