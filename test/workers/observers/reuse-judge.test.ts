/** ReuseJudge: which heads bind a connection to its client (RFC 4559), and how long Keep-Alive lets it be parked. */

import t from 'tap'
import { PARKED_ORIGIN_MARGIN_MS, PARKED_ORIGIN_MAX_MS, PARKED_ORIGIN_MS } from '../../../src/shared/limits/origins.ts'
import { CLIENT } from '../../../src/shared/side.ts'
import { HTTP1_VIOLATIONS } from '../../../src/shared/violations/http1.ts'
import { ReuseJudge } from '../../../src/workers/observers/reuse-judge.ts'
import { messageHeadOf } from '../../support/octets/field-section-of.ts'
import { HttpRecorder } from '../../support/recorders/http-recorder.ts'

const BOUND: readonly (readonly [status: number, fields: readonly string[], isBound: boolean])[] = [
  [0, ['Authorization: NTLM TlRM'], true],
  [0, ['authorization: negotiate YII'], true],
  [0, ['Authorization: Basic eDp5'], false],
  [0, ['Authorization: Negotiated x'], false],
  [0, [], false],
  [401, ['WWW-Authenticate: Basic realm="x"', 'WWW-Authenticate: NTLM'], true],
  [401, ['WWW-Authenticate: Negotiate'], true],
  [401, ['WWW-Authenticate: Basic realm="NTLM"'], false],
  [401, ['WWW-Authenticate: Basic realm="x", Negotiate'], true],
  [401, ['WWW-Authenticate: Basic realm="x",ntlm, Digest realm="y"'], true],
  [401, ['WWW-Authenticate: Digest realm="NTLM x", nonce="Negotiate"'], false],
  [401, ['WWW-Authenticate: Negotiated'], false],
  [200, ['WWW-Authenticate: Negotiate oYGz'], true],
  [403, ['WWW-Authenticate: Negotiate oYGz'], true],
  [407, ['Proxy-Authenticate: NTLM'], true],
  [407, ['Proxy-Authenticate: Basic realm="x"'], false],
  [200, ['Persistent-Auth: true'], true],
  [0, ['Proxy-Authorization: NTLM TlRM'], true],
  [0, ['Authorization: Basic eDp5', 'Authorization: NTLM TlRM'], true],
  [0, ['Authorization:\tNTLM\tTlRM'], true],
]

t.test('what binds a connection to its client', async (t) => {
  for (const [status, fields, isBound] of BOUND) {
    const judge = new ReuseJudge(new HttpRecorder())
    if (status === 0) judge.onRequestHead(0, messageHeadOf('GET / HTTP/1.1', ...fields))
    else judge.onResponseHead(0, messageHeadOf(`HTTP/1.1 ${status} x`, ...fields))
    t.equal(judge.isBound, isBound, `${status} ${fields}`)
    judge.onRequestHead(1, messageHeadOf('GET / HTTP/1.1'))
    judge.onResponseHead(1, messageHeadOf('HTTP/1.1 200 x'))
    t.equal(judge.isBound, isBound, 'for good')
  }
})

const AGES: readonly (readonly [value: string | undefined, maxAgeMs: number])[] = [
  [undefined, PARKED_ORIGIN_MS],
  ['timeout=5', 5_000 - PARKED_ORIGIN_MARGIN_MS],
  ['max=100, Timeout=5', 5_000 - PARKED_ORIGIN_MARGIN_MS],
  ['timeout=5, max=100', 5_000 - PARKED_ORIGIN_MARGIN_MS],
  ['timeout=1', 0],
  ['timeout=0', 0],
  ['timeout=999999999', PARKED_ORIGIN_MAX_MS],
  ['timeout=9999999999', PARKED_ORIGIN_MS],
  ['xtimeout=5', PARKED_ORIGIN_MS],
  ['timeout=5s', PARKED_ORIGIN_MS],
  ['', PARKED_ORIGIN_MS],
]

t.test('how long the origin keeps it', async (t) => {
  for (const [value, maxAgeMs] of AGES) {
    const judge = new ReuseJudge(new HttpRecorder())
    judge.onResponseHead(0, messageHeadOf('HTTP/1.1 200 x', ...(value === undefined ? [] : [`Keep-Alive: ${value}`])))
    t.equal(judge.maxAgeMs, maxAgeMs, JSON.stringify(value))
  }
})

const METHODS: readonly (readonly [method: string, mayRepeat: boolean])[] = [
  ...['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'].map((method) => [method, true] as const),
  ...['POST', 'PATCH', 'CONNECT', 'PROPFIND', 'get'].map((method) => [method, false] as const),
]

t.test('what may be asked twice, until it is answered', async (t) => {
  for (const [method, mayRepeat] of METHODS) {
    const judge = new ReuseJudge(new HttpRecorder())
    judge.onRequestHead(0, messageHeadOf(`${method} / HTTP/1.1`))
    t.equal(judge.mayRepeat, mayRepeat, method)
    judge.onRequestHead(1, messageHeadOf('GET / HTTP/1.1'))
    t.equal(judge.mayRepeat, mayRepeat, 'all of them')
    judge.onResponseHead(0, messageHeadOf('HTTP/1.1 200 x'))
    t.equal(judge.mayRepeat, false)
  }
  const bodies = [
    ['none', -1, true],
    ['length', 0, true],
    ['length', 1, false],
    ['chunked', -1, false],
  ] as const
  for (const [framing, contentLength, mayRepeat] of bodies) {
    const judge = new ReuseJudge(new HttpRecorder())
    judge.onRequestHead(0, Object.assign(messageHeadOf('PUT / HTTP/1.1'), { framing, contentLength }))
    t.equal(judge.mayRepeat, mayRepeat, `${framing} ${contentLength}`)
  }
  const judge = new ReuseJudge(new HttpRecorder())
  judge.onViolation(0, CLIENT, HTTP1_VIOLATIONS.http1_data_after_close)
  t.equal(judge.mayRepeat, false, 'what passes unread')
})
