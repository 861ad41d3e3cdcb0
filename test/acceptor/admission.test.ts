/** Mirror test of `src/acceptor/admission.ts`. */

import t from 'tap'
import { Admitter } from '../../src/acceptor/admission.ts'
import { HeadParser } from '../../src/acceptor/head/head-parser.ts'
import type { ParsedHead } from '../../src/acceptor/head/parsed-head.ts'
import { ProxyAuthentication } from '../../src/shared/http/proxy-authentication.ts'
import { parseOptions } from '../../src/shared/options/parse-options.ts'
import { Policy } from '../../src/shared/policy/policy.ts'
import { policyImage } from '../../src/shared/policy/policy-image.ts'
import { ProxyPage } from '../../src/shared/proxy-page/proxy-page.ts'
import { SelfTargetGuard } from '../../src/shared/targets/self-target-guard.ts'

const rules = [
  { name: 'inside', match: { client: '10.0.0.0/8' }, action: 'tunnel' as const },
  { name: 'no', match: { host: 'blocked.example' }, action: 'block' as const, status: 451, body: 'gone' },
]

function admitter(users?: { name: string; password: string }[]): Admitter {
  return new Admitter({
    policy: new Policy(policyImage(parseOptions({ rules }))),
    authentication: users === undefined ? undefined : new ProxyAuthentication({ realm: 'r', users }),
    page: new ProxyPage({ pem: 'PEM', der: new Uint8Array(1) }, '127.0.0.1:8080'),
    guard: new SelfTargetGuard([8080], []),
    isBypassed: () => false,
  })
}

function head(text: string): ParsedHead {
  return new HeadParser({ headBytes: 65_536, headFields: 256 }).execute(Buffer.from(text)) as ParsedHead
}

const connect = (authority: string, fields = '') => head(`CONNECT ${authority} HTTP/1.1\r\n${fields}\r\n`)

/** `kind`, then what tells the case. */
function admit(parsed: ParsedHead, clientIp = '192.0.2.1', by = admitter()): string {
  const admission = by.admit(parsed, clientIp)
  const status = 'response' in admission ? Buffer.from(admission.response).toString().slice(9, 12) : ''
  switch (admission.kind) {
    case 'admit':
      return `admit ${admission.decision.action} ${admission.decision.rule} ${admission.refusalFormat}`
    case 'answer':
      return `answer ${status}`
    case 'refuse':
      return `refuse ${status} ${admission.code} ${admission.reason} ${admission.decision?.rule ?? ''}`.trim()
  }
}

t.test('every outcome', async (t) => {
  const plain = (target: string) => head(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
  const table: readonly (readonly [string, string])[] = [
    [admit(connect('a.example:443')), 'admit intercept default text'],
    [admit(connect('a.example:443', 'Accept: application/json\r\n')), 'admit intercept default json'],
    [admit(connect('a.example:443'), '10.1.2.3'), 'admit tunnel inside text'],
    [admit(connect('blocked.example:443')), 'refuse 451 policy_blocked blocked no'],
    [admit(connect('localhost:8080')), 'refuse 403 self_target refused'],
    [admit(connect('localhost:8081')), 'admit intercept default text'],
    [admit(plain('http://a.example/')), 'admit intercept default text'],
    [admit(plain('http://soth.mitm/')), 'answer 200'],
    [admit(plain('http://soth.mitm:81/')), 'admit intercept default text'],
    [admit(head('GET / HTTP/1.1\r\nHost: soth.mitm\r\n\r\n')), 'answer 200'],
    [admit(head('GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n')), 'refuse 400 not_a_proxy_request refused'],
  ]
  for (const [got, expected] of table) t.equal(got, expected)
})

t.test('authentication comes before policy, and after the page', async (t) => {
  const by = admitter([{ name: 'a', password: 'b' }])
  t.equal(admit(connect('blocked.example:443'), '', by), 'refuse 407 proxy_auth_required refused')
  t.equal(admit(connect('a.example:443', 'Proxy-Authorization: Basic xxxx\r\n'), '', by), 'refuse 407 proxy_auth_invalid refused')
  t.equal(admit(connect('a.example:443', 'Proxy-Authorization: Basic YTpi\r\n'), '', by), 'admit intercept default text')
  t.equal(admit(head('GET http://soth.mitm/ca.pem HTTP/1.1\r\nHost: soth.mitm\r\n\r\n'), '', by), 'answer 200')
})
