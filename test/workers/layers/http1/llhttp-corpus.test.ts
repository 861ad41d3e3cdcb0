/**
 * llhttp's own grammar cases (test/fixtures/llhttp-md): what llhttp refuses, we refuse; what it accepts in its default mode, we
 * accept with the same methods, targets, statuses and bodies, save the stricter readings that are listed here.
 */

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { type LlhttpCase, parseLlhttpCases } from '../../../support/corpora/llhttp-cases.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { HttpRecorder, type RecordedFact } from '../../../support/recorders/http-recorder.ts'

const FIXTURES = new URL('../../../../../test/fixtures/llhttp-md/', import.meta.url)

/** Where we are stricter than llhttp's default mode, by the name of its case. */
const STRICTER: Readonly<Record<string, string>> = {
  'CRLF between requests, explicit `close`': 'http1_data_after_close',
  'Tabs in `Content-Length` (surrounding)': 'http1_bad_content_length',
  'CONNECT with body': 'http1_connect_with_content',
  'Fragment in URI': 'http1_bad_target',
  'M-SEARCH request': 'http1_bad_target',
  'SOURCE request with ICE': 'http1_bad_request_line',
  'OPTIONS request with RTSP': 'http1_bad_request_line',
  'ANNOUNCE request with RTSP': 'http1_bad_request_line',
  'PRI request HTTP2': 'http1_bad_target',
  '`host:port` and basic auth': 'http1_bad_target',
  'No HTTP version': 'http1_missing_version',
  'HTTP 101 response with Upgrade and Content-Length header': 'http1_forbidden_content_length',
  'HTTP 101 response with Upgrade and Transfer-Encoding header': 'http1_forbidden_transfer_encoding',
  // Each of these goes on with octets that are no response: llhttp pauses there, or has no request to pair them with.
  'HTTP/1.0 with keep-alive and 204 status': 'http1_unexpected_response',
  'HTTP/1.1 with 204 status': 'http1_unexpected_response',
  'HTTP 304 with Content-Length': 'http1_unexpected_response',
  'HTTP 304 with Transfer-Encoding': 'http1_unexpected_response',
  'HTTP 100 first, then 400': 'http1_bad_status_line',
}

interface Ran {
  readonly recorder: HttpRecorder
  readonly relay: LayerRelay
}

function runCase(side: 'request' | 'response', input: Buffer): Ran {
  const recorder = new HttpRecorder()
  const relay = new LayerRelay(new Http1Layer({ handler: recorder }))
  if (side === 'request') relay.feed(CLIENT, withHost(input))
  else {
    relay.feed(CLIENT, 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\n\r\n')
    relay.feed(ORIGIN, input)
  }
  return { recorder, relay }
}

/** llhttp does not ask for Host (RFC 9112 §3.2), so most of its cases have none. */
function withHost(input: Buffer): Buffer {
  const text = input.toString('latin1')
  if (/\r\nhost:/i.test(text)) return input
  return Buffer.from(text.replaceAll(/(HTTP\/1\.1\r\n)(?! )/g, '$1Host: a\r\n'), 'latin1')
}

/** The texts of llhttp's spans of one kind; a span in pieces is one text. */
function spans(log: string, kind: string): string {
  const texts = log.matchAll(new RegExp(`span\\[${kind}\\]="(.*)"`, 'g'))
  return Array.from(texts, (match) => unquote(match[1] ?? '')).join('')
}

function unquote(text: string): string {
  return text.replace(/\\(r|n|t|f|x[0-9a-f]{2})/g, (_, what: string) => {
    if (what[0] === 'x' && what.length === 3) return String.fromCharCode(Number.parseInt(what.slice(1), 16))
    return { r: '\r', n: '\n', t: '\t', f: '\f' }[what] ?? what
  })
}

function told(recorder: HttpRecorder, fact: string, pick: (fact: RecordedFact) => string | undefined): string {
  return recorder.facts
    .filter((entry) => entry.fact === fact)
    .map((entry) => pick(entry) ?? '')
    .join('')
}

function complaint(side: 'request' | 'response', test: LlhttpCase, { recorder, relay }: Ran): string {
  const code = recorder.violations.join()
  if (test.fails) {
    // A head that is not over yet is not refused yet: it is withheld, and none of it was forwarded.
    const isWithheld = side === 'request' ? relay.toOrigin === '' : relay.toClient === ''
    return code === '' && !isWithheld ? 'accepted what llhttp refuses' : ''
  }
  if (!test.isDefault) return ''
  if (code !== (STRICTER[test.name] ?? '')) return `violations: ${code}`
  if (code !== '') return ''
  const body = side === 'request' ? 'requestBody' : 'responseBody'
  const head = side === 'request' ? 'requestHead' : 'responseHead'
  // Prefixes: llhttp tells a method before the head is whole, and goes on behind an upgrade that we wait for.
  const methods = told(recorder, head, (fact) => fact.method)
  const targets = told(recorder, head, (fact) => fact.target)
  if (!spans(test.log, 'method').startsWith(methods)) return `methods differ: ${methods}`
  if (!spans(test.log, 'url').startsWith(targets)) return `targets differ: ${targets}`
  const bodies = told(recorder, body, (fact) => fact.body)
  return bodies === spans(test.log, 'body') ? '' : `bodies differ: ${JSON.stringify(bodies)}`
}

for (const side of ['request', 'response'] as const) {
  for (const file of readdirSync(new URL(`${side}/`, FIXTURES)).sort()) {
    const cases = parseLlhttpCases(readFileSync(new URL(`${side}/${file}`, FIXTURES), 'utf8'))
    t.test(`${side}/${file}: ${cases.length} cases`, async (t) => {
      for (const test of cases) t.equal(complaint(side, test, runCase(side, test.input)), '', `${test.name} (${test.type})`)
    })
  }
}
