/** The gate of policy on HTTP/1.1 conversations: what passes, what is answered, what is not observed, what is edited. */

import t from 'tap'
import type { HeadEdits } from '../../../src/shared/options/edit-schema.ts'
import type { Decision } from '../../../src/shared/policy/decision.ts'
import type { MessageHead } from '../../../src/workers/layers/http/message-head.ts'
import { Http1Layer } from '../../../src/workers/layers/http1/http1-layer.ts'
import { Plan } from '../../../src/workers/layers/plan.ts'
import { PolicyGate } from '../../../src/workers/observers/policy-gate.ts'
import { HttpRecorder } from '../../support/recorders/http-recorder.ts'

const REFUSAL = Buffer.from('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')

function decision(action: Decision['action'], edit?: { request?: HeadEdits; response?: HeadEdits }, stripsAltSvc = false): Decision {
  return { action, rule: 'r', isPending: false, options: { edit, stripsAltSvc } } as unknown as Decision
}

/** Runs `requests` and then `responses` through a layer behind a gate; what each side was sent. */
function converse(byTarget: Record<string, Decision>, requests: string, responses: string) {
  const recorder = new HttpRecorder()
  const policy = {
    decide: (head: MessageHead) => byTarget[head.target] ?? decision('intercept'),
    tell: () => {},
    refusal: () => REFUSAL,
    udpRefusal: () => REFUSAL,
  }
  const layer = new Http1Layer({ handler: new PolicyGate(recorder, policy) })
  const sent = ['', '']
  for (const [side, text] of [
    [0, requests],
    [1, responses],
  ] as const) {
    const bytes = Buffer.from(text, 'latin1')
    const plan = new Plan()
    if (layer.execute(side, bytes, plan) === 0) sent[1 - side] += text
    else for (const to of [0, 1] as const) sent[to] += Buffer.concat(plan.writes[to]).toString('latin1')
  }
  return { recorder, toClient: sent[0], toOrigin: sent[1] }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
const OK = 'HTTP/1.1 200 OK\r\nAlt-Svc: h3\r\nContent-Length: 2\r\n\r\nok'

t.test('one request of a pipeline is blocked, in its turn', (t) => {
  const { toClient, toOrigin } = converse({ '/b': decision('block') }, get('/a') + get('/b') + get('/c'), OK + OK)
  t.equal(toOrigin, get('/a') + get('/c'))
  t.equal(toClient, OK + REFUSAL.toString('latin1') + OK)
  t.end()
})

t.test('a tunnelled request is relayed, and its body told to nobody', (t) => {
  const { recorder, toClient } = converse({ '/t': decision('tunnel') }, get('/t') + get('/o'), OK + OK)
  t.equal(toClient, OK + OK)
  const bodies = JSON.stringify(recorder.facts).split('"ok"').length - 1
  t.ok(bodies <= 1, 'only the other exchange has a body')
  t.end()
})

t.test('edits of both heads, and Alt-Svc taken out', (t) => {
  const edited = decision('intercept', { request: { set: { A: '1' }, remove: [] }, response: { set: { B: '2' }, remove: [] } }, true)
  const { toClient, toOrigin } = converse({ '/e': edited }, get('/e'), OK)
  t.equal(toOrigin, 'GET /e HTTP/1.1\r\nHost: x\r\nA: 1\r\n\r\n')
  t.equal(toClient, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nB: 2\r\n\r\nok')
  t.end()
})

t.test('nobody leaves by an upgrade to h2c, behind which no rule would see a request; other upgrades go on', (t) => {
  const offering = (...lines: string[]) =>
    ['GET /a HTTP/1.1', 'Host: x', 'Connection: Upgrade, HTTP2-Settings', ...lines, '', ''].join('\r\n')
  const plain = offering()
  for (const lines of [
    ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'],
    ['upgrade: foo/1 , H2C', 'HTTP2-Settings: AAMAAABk'],
    ['Upgrade: foo', 'http2-settings: AAMAAABk', 'Upgrade: h2c'],
  ])
    t.equal(converse({}, offering(...lines), OK).toOrigin, plain)
  const edited = { '/a': decision('intercept', { request: { set: { A: '1' }, remove: ['host'] } }) }
  t.equal(converse(edited, offering('Upgrade: h2c'), OK).toOrigin, plain.replace('Host: x\r\n', '').replace(/\r\n$/, 'A: 1\r\n\r\n'))
  t.equal(converse({}, offering('Upgrade: h2'), OK).toOrigin, offering('Upgrade: h2'))
  t.end()
})

t.test('UDP is not proxied where HTTP/3 is not to pass; else it is an upgrade as any other', (t) => {
  const udp = 'GET /.well-known/masque/udp/192.0.2.6/443/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: connect-udp\r\n\r\n'
  const byTarget = { '/.well-known/masque/udp/192.0.2.6/443/': decision('intercept', undefined, true) }
  const refused = converse(byTarget, udp, '')
  t.equal(refused.toOrigin, '')
  t.equal(refused.toClient, REFUSAL.toString('latin1'))
  t.equal(converse({}, udp, '').toOrigin, udp)
  const webSocket = udp.replace('connect-udp', 'websocket')
  t.equal(converse(byTarget, webSocket, '').toOrigin, webSocket)
  t.end()
})
