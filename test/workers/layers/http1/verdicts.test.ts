/**
 * Head verdicts of the HTTP/1.1 layer: replace, respond and wait, on requests and responses, alone and in a pipeline; and the
 * hand-over to a successor after a switch of protocols.
 */

import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import type { CloseReason } from '../../../../src/shared/events/close-reasons.ts'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import type { HeadVerdict } from '../../../../src/workers/layers/http/http-handler.ts'
import type { MessageHead } from '../../../../src/workers/layers/http/message-head.ts'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { type Layer, type Outcome, PASS, PLANNED } from '../../../../src/workers/layers/layer.ts'
import type { Plan } from '../../../../src/workers/layers/plan.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { everySplit, observed, runScript, type ScriptOptions, type Step } from '../../../support/octets/conversation-script.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

const get = (path: string, fields = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`
const post = (path: string, body: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const chunkedPost = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: v\r\n\r\n`
const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const CHUNKED_OK = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n'
const BLOCKED = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nstop'
const BLOCKED_HEAD = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\n'
const UPGRADE = get('/chat', 'Connection: upgrade\r\nUpgrade: demo\r\n')
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: Demo\r\n\r\n'

/** Targets and statuses decide: `/block…` and 403-like answers, `/edit…`, `/wait…` once. */
function verdicts(): { request: (n: number, head: MessageHead) => HeadVerdict; response: (n: number, head: MessageHead) => HeadVerdict } {
  const asked = new Set<string>()
  const decide = (key: string, what: string, replacement: string): HeadVerdict => {
    if (what.includes('wait') && !asked.has(key)) {
      asked.add(key)
      return { kind: 'wait' }
    }
    if (what.includes('block')) return { kind: 'respond', response: Buffer.from(BLOCKED), reason: 'blocked' }
    if (what.includes('edit')) return { kind: 'replace', head: Buffer.from(replacement) }
    return undefined
  }
  return {
    request: (n, head) => decide(`request ${n}`, head.target, `${head.method} /edited HTTP/1.1\r\nHost: b\r\n${framing(head)}\r\n`),
    response: (n, head) =>
      decide(`response ${n}`, head.fields.first('x-do') ?? '', `HTTP/1.1 ${head.status} Edited\r\n${framing(head)}\r\n`),
  }
}

function framing(head: MessageHead): string {
  if (head.framing === 'chunked') return 'Transfer-Encoding: chunked\r\n'
  return head.framing === 'length' ? `Content-Length: ${head.contentLength}\r\n` : ''
}

/** A response that tells `verdicts` what to do with it. */
const marked = (what: string, response: string): string => response.replace('\r\n', `\r\nX-Do: ${what}\r\n`)

interface Case {
  readonly name: string
  readonly steps: readonly Step[]
  readonly toOrigin: string
  readonly toClient: string
  readonly ends: readonly string[]
  readonly closes?: string
}

const CASES: readonly Case[] = [
  {
    name: 'respond: the request and its body never reach the origin, the connection goes on',
    steps: [
      ['c:', post('/block', 'hello') + get('/2')],
      ['o:', ok('2')],
    ],
    toOrigin: get('/2'),
    toClient: BLOCKED + ok('2'),
    ends: ['0:blocked', '1:completed'],
  },
  {
    name: 'respond: a chunked body with trailers is dropped whole',
    steps: [
      ['c:', chunkedPost('/block') + get('/2')],
      ['o:', ok('2')],
    ],
    toOrigin: get('/2'),
    toClient: BLOCKED + ok('2'),
    ends: ['0:blocked', '1:completed'],
  },
  {
    name: 'respond: in its turn among pipelined responses',
    steps: [
      ['c:', get('/1') + get('/block') + get('/3') + get('/block') + get('/block')],
      ['o:', ok('one')],
      ['o:', ok('three')],
    ],
    toOrigin: get('/1') + get('/3'),
    toClient: ok('one') + BLOCKED + ok('three') + BLOCKED + BLOCKED,
    ends: ['0:completed', '1:blocked', '2:completed', '3:blocked', '4:blocked'],
  },
  {
    name: 'respond: between two responses of one read',
    steps: [
      ['c:', get('/1') + get('/block') + get('/3')],
      ['o:', ok('one') + ok('three')],
    ],
    toOrigin: get('/1') + get('/3'),
    toClient: ok('one') + BLOCKED + ok('three'),
    ends: ['0:completed', '1:blocked', '2:completed'],
  },
  {
    name: 'respond: an answer to HEAD has no body',
    steps: [['c:', 'HEAD /block HTTP/1.1\r\nHost: a\r\n\r\n']],
    toOrigin: '',
    toClient: BLOCKED_HEAD,
    ends: ['0:blocked'],
  },
  {
    name: 'respond: to a request that closes, the session ends behind the answer',
    steps: [['c:', get('/block', 'Connection: close\r\n')]],
    toOrigin: '',
    toClient: BLOCKED,
    ends: ['0:blocked'],
    closes: 'blocked',
  },
  {
    name: 'replace: head and body',
    steps: [
      ['c:', post('/edit', 'hello') + chunkedPost('/edit')],
      ['o:', ok('1') + ok('2')],
    ],
    toOrigin: post('/edited', 'hello').replace('Host: a', 'Host: b') + chunkedPost('/edited').replace('Host: a', 'Host: b'),
    toClient: ok('1') + ok('2'),
    ends: ['0:completed', '1:completed'],
  },
  {
    name: 'wait: then forwarded, with what was behind it',
    steps: [['c:', post('/wait', 'hello') + get('/2')], ['c>'], ['o:', ok('1') + ok('2')]],
    toOrigin: post('/wait', 'hello') + get('/2'),
    toClient: ok('1') + ok('2'),
    ends: ['0:completed', '1:completed'],
  },
  {
    name: 'wait: then blocked, behind a response that comes meanwhile',
    steps: [['c:', get('/1') + post('/wait-block', 'x') + get('/3')], ['o:', ok('1')], ['c>'], ['o:', ok('3')]],
    toOrigin: get('/1') + get('/3'),
    toClient: ok('1') + BLOCKED + ok('3'),
    ends: ['0:completed', '1:blocked', '2:completed'],
  },
  {
    name: 'wait: then edited; the client has half-closed meanwhile',
    steps: [['c:', get('/wait-edit')], ['c!'], ['c>'], ['o:', ok('1')]],
    toOrigin: get('/edited').replace('Host: a', 'Host: b'),
    toClient: ok('1'),
    ends: ['0:completed'],
  },
  {
    name: 'wait: the origin leaves meanwhile',
    steps: [['c:', get('/wait')], ['o!'], ['c>'], ['c!']],
    toOrigin: '',
    toClient: '',
    ends: ['0:upstream_closed_early'],
  },
  {
    name: 'response respond: the body of the origin is dropped',
    steps: [
      ['c:', get('/1') + get('/2')],
      ['o:', marked('block', ok('secret')) + ok('2')],
    ],
    toOrigin: get('/1') + get('/2'),
    toClient: BLOCKED + ok('2'),
    ends: ['0:blocked', '1:completed'],
  },
  {
    name: 'response respond: chunked, and to HEAD',
    steps: [
      ['c:', `${get('/1')}HEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n`],
      ['o:', marked('block', CHUNKED_OK) + marked('block', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n')],
    ],
    toOrigin: `${get('/1')}HEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n`,
    toClient: BLOCKED + BLOCKED_HEAD,
    ends: ['0:blocked', '1:blocked'],
  },
  {
    name: 'response respond: a close-delimited body is dropped to its end',
    steps: [['c:', get('/1')], ['o:', marked('block', 'HTTP/1.1 200 OK\r\n\r\nsecret')], ['o!']],
    toOrigin: get('/1'),
    toClient: BLOCKED,
    ends: ['0:blocked'],
  },
  {
    name: 'response respond: instead of a 101 ends the session',
    steps: [
      ['c:', UPGRADE],
      ['o:', marked('block', SWITCH)],
    ],
    toOrigin: UPGRADE,
    toClient: BLOCKED,
    ends: ['0:blocked'],
    closes: 'blocked',
  },
  {
    name: 'response replace and wait',
    steps: [['c:', get('/1') + get('/2')], ['o:', marked('wait-edit', ok('one')) + marked('edit', CHUNKED_OK)], ['o>']],
    toOrigin: get('/1') + get('/2'),
    toClient: ok('one').replace('OK', 'Edited') + CHUNKED_OK.replace('OK', 'Edited'),
    ends: ['0:completed', '1:completed'],
  },
  {
    name: 'a refusal takes its turn behind a blocked and an outstanding request',
    steps: [
      ['c:', `${get('/1')}${get('/block')}GET /3 HTTP/1.1\r\n\r\n${get('/4')}`],
      ['o:', ok('one')],
    ],
    toOrigin: get('/1'),
    toClient: `${ok('one')}${BLOCKED}HTTP/1.1 400 Bad Request`,
    ends: ['0:completed', '1:blocked', '2:protocol_violation'],
    closes: 'protocol_violation',
  },
  {
    name: 'a bad chunk in a body that is being dropped',
    steps: [['c:', 'POST /block HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx']],
    toOrigin: '',
    toClient: BLOCKED,
    ends: ['0:protocol_violation'],
    closes: 'protocol_violation',
  },
]

const OPTIONS: ScriptOptions = { layer: (handler) => new Http1Layer({ handler }), verdicts }

for (const { name, steps, toOrigin, toClient, ends, closes } of CASES) {
  t.test(name, async (t) => {
    const whole = runScript(steps, OPTIONS)
    t.equal(whole.relay.toOrigin, toOrigin)
    t.equal(whole.relay.toClient.slice(0, toClient.length), toClient)
    if (closes !== 'protocol_violation') t.equal(whole.relay.toClient.length, toClient.length)
    t.same(whole.recorder.ends.toSorted(), ends)
    t.equal(whole.relay.close?.reason, closes)
    let splits = 0
    let different: unknown
    for (const ran of everySplit(steps, OPTIONS)) {
      splits++
      if (!isDeepStrictEqual(observed(ran), observed(whole))) different ??= observed(ran)
    }
    t.same(different, undefined, `the same in ${splits} splits`)
  })
}

/** A successor that upper-cases what the client sends, and passes what the origin sends. */
class Shout implements Layer {
  readonly seen: string[] = []
  readonly aborts: string[] = []
  readonly finished: Side[] = []

  execute(side: Side, bytes: Uint8Array, plan: Plan): Outcome {
    const text = Buffer.from(bytes).toString('latin1')
    this.seen.push(`${side}:${text}`)
    if (side === ORIGIN) return PASS
    plan.forward(side, Buffer.from(text.toUpperCase()))
    return PLANNED
  }
  finish(side: Side): Outcome {
    this.finished.push(side)
    return PASS
  }
  resume(): Outcome {
    return PASS
  }
  abort(reason: CloseReason): void {
    this.aborts.push(reason)
  }
}

t.test('a successor gets every octet behind the heads, also those sent early', async (t) => {
  const run = (feedOrigin: (relay: LayerRelay) => void): { relay: LayerRelay; shout: Shout; layer: Http1Layer } => {
    const shout = new Shout()
    const recorder = new HttpRecorder({
      upgrade: () => {
        layer.successor = shout
      },
    })
    const layer: Http1Layer = new Http1Layer({ handler: recorder })
    const relay = new LayerRelay(layer)
    relay.feed(CLIENT, `${UPGRADE}early`)
    t.equal(relay.toOrigin, UPGRADE, 'what it is, is not known yet')
    feedOrigin(relay)
    relay.feed(CLIENT, 'later')
    relay.fin(CLIENT)
    relay.fin(ORIGIN)
    t.equal(recorder.ends.join(), '0:completed')
    return { relay, shout, layer }
  }
  for (let cut = 1; cut < SWITCH.length + 5; cut++) {
    const { relay, shout, layer } = run((relay) => {
      relay.feed(ORIGIN, `${SWITCH}first`.slice(0, cut))
      relay.feed(ORIGIN, `${SWITCH}first`.slice(cut))
    })
    if (relay.toOrigin === `${UPGRADE}EARLYLATER` && relay.toClient === `${SWITCH}first` && layer.upgraded) continue
    t.fail(`cut at ${cut}: ${JSON.stringify([relay.toOrigin, relay.toClient, shout.seen])}`)
  }
  const { relay, shout, layer } = run((relay) => relay.feed(ORIGIN, `${SWITCH}first`))
  t.same(shout.seen, ['1:first', '0:early', '0:later'])
  t.same(shout.finished, [CLIENT, ORIGIN])
  t.ok(relay.ended[CLIENT] && relay.ended[ORIGIN])
  layer.abort('idle_timeout')
  t.same(shout.aborts, ['idle_timeout'])
})
