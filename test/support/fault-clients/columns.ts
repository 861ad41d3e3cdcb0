/**
 * The clients of docs/faults-seen.md: each runs its URLs through the engine, one after the other, and says of each what it saw, in the words of the cells (`seen-cases.ts`).
 */

import { REPOSITORY } from '../kept-equal.ts'
import { runCommand } from '../run-command.ts'
import type { Column } from './seen-cases.ts'

export interface Asked {
  readonly url: string
  readonly path: string
  readonly port: number
  /** File of the root that the client is to trust. */
  readonly ca: string
  readonly isEndless: boolean
}

export interface Proxy {
  readonly port: number
  /** The program `fetch.go`, built. */
  readonly goProgram: string
}

/** For what nothing ends but the client, which is to come as far as that; and for what ends by itself. The machine may have other things to do. */
const PATIENCE_S = 3
const LONG_PATIENCE_S = 20
const RUN_DEADLINE_MS = 240_000

type Run = (asked: readonly Asked[], proxy: Proxy) => Promise<string[]>

export const RUNS: Readonly<Record<Column, Run>> = {
  'curl, HTTP/1.1': (asked, proxy) => curl(asked, proxy, 'http1.1'),
  'curl, HTTP/2': (asked, proxy) => curl(asked, proxy, 'http2'),
  'curl, tunnel': (asked, proxy) => curl(asked, proxy, 'http1.1'),
  'openssl s_client': openssl,
  'Python, HTTP/1.1': async (asked, proxy) => {
    const script = `${REPOSITORY}test/support/fault-clients/fetch.py`
    return (await lines('python3', [script, String(proxy.port)], asked, false)).map(ofPython)
  },
  'Go, HTTP/1.1': async (asked, proxy) => (await lines(proxy.goProgram, [String(proxy.port)], asked, false)).map(ofGo),
  'Go, HTTP/2': async (asked, proxy) => (await lines(proxy.goProgram, [String(proxy.port)], asked, true)).map(ofGo),
}

function patience({ isEndless }: Asked): number {
  return isEndless ? PATIENCE_S : LONG_PATIENCE_S
}

/** A process for each: in one that goes on, curl may tell the errno of the transfer before. */
async function curl(asked: readonly Asked[], proxy: Proxy, protocol: string): Promise<string[]> {
  const seen: string[] = []
  for (const one of asked) {
    const through = ['-q', '-sS', '-x', `http://127.0.0.1:${proxy.port}`, '--cacert', one.ca, `--${protocol}`, '--compressed']
    const told = ['--max-time', String(patience(one)), '-o', '/dev/null', '-w', '%{exitcode}\t%{http_code}\t%{errormsg}']
    const { stdout } = await runCommand('curl', [...through, ...told, one.url])
    seen.push(ofCurl(stdout))
  }
  return seen
}

function ofCurl(line: string): string {
  const [code = '', status = '', message = ''] = line.split('\t')
  if (code === '0') return status
  const http2 = /not closed cleanly: (\w+)/.exec(message)?.[1]
  return [code, http2 ?? firstOf(CURL_WORDS, message)].join(' ').trim()
}

/** What a message says, by the first that fits. */
type Words = readonly (readonly [RegExp, string])[]

const CURL_WORDS: Words = [
  [/reset by peer|Broken pipe|getpeername/, 'reset'],
  [/ alert /, 'alert'],
  [/bad record|wrong version|decryption failed/i, 'unreadable'],
  [/SSL_ERROR_SYSCALL|unexpected eof|CONNECT aborted|before end of the underlying stream/i, 'end'],
  [/timed out/i, 'timeout'],
  [/bytes remaining|outstanding read data/, 'partial'],
  [/Empty reply/, 'empty'],
  [/response (\d+)/, 'response'],
  [/chunked/, 'chunk'],
  [/certificate|content unencoding/, ''],
]

function firstOf(words: Words, message: string): string {
  for (const [pattern, word] of words) {
    const found = pattern.exec(message)
    if (found !== null) return [word, ...found.slice(1)].join(' ').trim()
  }
  return message
}

async function openssl(asked: readonly Asked[], proxy: Proxy): Promise<string[]> {
  const seen: string[] = []
  for (const one of asked) {
    const args = ['s_client', '-proxy', `127.0.0.1:${proxy.port}`, '-connect', `localhost:${one.port}`, '-servername', 'localhost']
    const trust = ['-CAfile', one.ca, '-verify_hostname', 'localhost', '-verify_return_error', '-quiet']
    const input = `GET ${one.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
    const { code, stdout, stderr } = await runCommand('openssl', [...args, ...trust], { input, deadlineMs: patience(one) * 1_000 })
    seen.push(code === null ? 'silence' : code === 0 && stdout !== '' ? stdout.slice(9, 12) : firstOf(OPENSSL_WORDS, stderr))
  }
  return seen
}

const OPENSSL_WORDS: Words = [
  [/errno=104/, 'reset'],
  [/alert number (\d+)/, 'alert'],
  [/verify error:num=(\d+)/, 'verify'],
  [/bad record/i, 'unreadable'],
  [/unexpected eof/, 'end'],
]

interface Outcome {
  readonly ok?: number
  readonly error?: string
  readonly detail?: string
}

/** A program that takes a line of JSON per URL and says one for each. */
async function lines(command: string, args: readonly string[], asked: readonly Asked[], http2: boolean): Promise<Outcome[]> {
  const input = asked.map((one) => JSON.stringify({ url: one.url, ca: one.ca, timeout: patience(one), http2 })).join('\n')
  const { code, stdout, stderr } = await runCommand(command, args, { input, deadlineMs: RUN_DEADLINE_MS })
  if (code !== 0) throw new Error(stderr)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Outcome)
}

function ofPython({ ok, error = '', detail = '' }: Outcome): string {
  if (ok !== undefined) return String(ok)
  if (error === 'SSLError') return /alert/i.test(detail) ? 'SSLError alert' : 'SSLError unreadable'
  return error === 'OSError' ? `OSError ${/\d{3}/.exec(detail)?.[0]}` : error
}

function ofGo({ ok, error = '', detail = '' }: Outcome): string {
  if (ok !== undefined) return String(ok)
  return error === 'other' ? firstOf(GO_WORDS, detail) : error.replace('io.ErrUnexpectedEOF', 'unexpected EOF').replace('io.EOF', 'EOF')
}

const GO_WORDS: Words = [
  [/remote error: tls/, 'alert'],
  [/bad record MAC/, 'unreadable'],
  [/stream ID \d+; (\w+)/, ''],
  [/Service Unavailable/, '503'],
  [/gzip:|flate:/, 'coding'],
  [/(invalid byte in chunk length|more than declared|GOAWAY)/, ''],
]
