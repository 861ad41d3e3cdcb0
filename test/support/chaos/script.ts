/**
 * Scripts of the chaos run: whole dialogues of a client and an origin, octet for octet, made from a seed. What either end must have
 * received is the script itself, so no other proxy or connection is needed to judge by.
 *
 *     step   the client writes `client`, which has `cue` in it; the origin, once it has seen the cue, writes `origin`;
 *            the client goes on once it has all of it
 */

import { seededRandom } from '../chunkings.ts'
import { fromClient, frame as webSocketFrame } from '../octets/websocket-frames.ts'

export interface Step {
  readonly client: Buffer
  readonly cue: string
  readonly origin: Buffer
}

/** What ends a script before its time: who, how, and after how many octets of its own. */
export interface Abort {
  readonly by: 'client' | 'origin'
  readonly how: 'fin' | 'rst'
  readonly after: number
}

type Transport = 'intercept' | 'tunnel' | 'plain'

export interface Script {
  readonly id: string
  readonly kind: string
  readonly transport: Transport
  readonly steps: readonly Step[]
  /** The origin closes behind its last octet; else the client does. */
  readonly originCloses: boolean
  /** The client half-closes behind its last octet, and still reads the answer. */
  readonly halfCloses: boolean
  readonly abort: Abort | undefined
  /** The client, where it closes, destroys its socket rather than ending it. */
  readonly drops: boolean
  /** Octets of a write, at most; and how often, of a hundred writes, the writer waits. */
  readonly piece: number
  readonly pauses: number
}

/** The draws of one seed. */
export class Draw {
  readonly #next: () => number

  constructor(seed: number) {
    this.#next = seededRandom(seed)
  }

  /** A whole number from `from` to `to`, both included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.#next() * (to - from + 1))
  }

  chance(percent: number): boolean {
    return this.#next() * 100 < percent
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.int(0, items.length - 1)] as Item
  }

  octets(length: number): Buffer {
    return Buffer.from(Uint8Array.from({ length }, () => this.int(0, 255)))
  }
}

const LARGEST_BODY = 60_000
const KINDS = ['requests', 'pipeline', 'upload', 'early', 'expect', 'stream', 'mcp', 'websocket', 'close', 'half-close', 'opaque'] as const

/** A plain connection has no half that ends by itself, and a 101 in it gets a Connection field of ours. */
const NEVER_PLAIN: ReadonlySet<string> = new Set(['half-close', 'websocket'])

export function makeScript(seed: number, aborts: number): Script {
  const draw = new Draw(seed)
  const kind = draw.pick(KINDS)
  const id = `chaos-${seed.toString(36)}`
  const transport = transportOf(kind, draw)
  const maker = new StepMaker(draw, id, transport)
  const steps = maker.make(kind)
  const abort = draw.chance(aborts) ? abortOf(draw, steps) : undefined
  const originCloses = kind === 'close' || (transport !== 'plain' && draw.chance(30))
  const halfCloses = kind === 'half-close'
  return {
    id,
    kind,
    transport,
    steps,
    originCloses,
    halfCloses,
    abort,
    drops: kind !== 'early' && draw.chance(50),
    piece: draw.pick([1, 7, 100, 1_400, 16_384, 65_536]),
    pauses: draw.pick([0, 2, 30]),
  }
}

function transportOf(kind: (typeof KINDS)[number], draw: Draw): Transport {
  if (kind === 'opaque') return 'tunnel'
  return draw.pick(['intercept', 'intercept', 'intercept', 'tunnel', NEVER_PLAIN.has(kind) ? 'intercept' : 'plain'] as const)
}

function abortOf(draw: Draw, steps: readonly Step[]): Abort {
  const by = draw.pick(['client', 'origin'] as const)
  const total = steps.reduce((sum, step) => sum + step[by].length, 0)
  return { by, how: draw.pick(['fin', 'rst'] as const), after: draw.int(0, total) }
}

class StepMaker {
  readonly #draw: Draw
  readonly #id: string
  readonly #transport: Transport
  #cues = 0

  constructor(draw: Draw, id: string, transport: Transport) {
    this.#draw = draw
    this.#id = id
    this.#transport = transport
  }

  make(kind: (typeof KINDS)[number]): Step[] {
    const draw = this.#draw
    switch (kind) {
      case 'requests':
        return Array.from({ length: draw.int(1, 6) }, () => this.#exchange())
      case 'pipeline':
        return [this.#pipeline()]
      case 'upload':
        return [this.#upload(), this.#exchange()]
      case 'early':
        return [this.#early()]
      case 'expect':
        return [this.#continued(), this.#body()]
      case 'stream':
        return [this.#exchange(eventStream(draw))]
      case 'mcp':
        return Array.from({ length: draw.int(1, 4) }, () => this.#mcp())
      case 'websocket':
        return [this.#upgrade(), ...Array.from({ length: draw.int(1, 5) }, () => this.#frames())]
      case 'close':
        return [this.#exchange(), this.#untilClose()]
      case 'half-close':
        return [this.#exchange()]
      case 'opaque':
        return Array.from({ length: draw.int(1, 4) }, () => this.#octets())
    }
  }

  #cue(): string {
    return `cue-${this.#id}-${this.#cues++};`
  }

  /** A request head up to its empty line; `{cue}` is a field. */
  #head(method: string, cue: string, fields: readonly string[] = []): string {
    const path = `/${this.#id}/${this.#draw.int(0, 99)}?x=%20${'y'.repeat(this.#draw.int(0, 200))}`
    const target = this.#transport === 'plain' ? `http://{authority}${path}` : path
    return [`${method} ${target} HTTP/1.1`, 'Host: {authority}', ...fields, `X-Cue: ${cue}`, '', ''].join('\r\n')
  }

  #exchange(response?: Buffer): Step {
    const draw = this.#draw
    const cue = this.#cue()
    const method = response === undefined ? draw.pick(['GET', 'GET', 'HEAD', 'DELETE', 'PROPFIND']) : 'GET'
    const head = this.#head(method, cue, ['Accept: */*', `Cookie: ${'c'.repeat(draw.int(0, 3_000))}`])
    return { client: Buffer.from(head), cue, origin: response ?? this.#response(method) }
  }

  #pipeline(): Step {
    const count = this.#draw.int(2, 20)
    const cue = this.#cue()
    const requests = Array.from({ length: count }, (_, n) => this.#head('GET', n === count - 1 ? cue : 'none'))
    return { client: Buffer.from(requests.join('')), cue, origin: Buffer.concat(requests.map(() => this.#response('GET'))) }
  }

  #upload(): Step {
    const cue = this.#cue()
    const body = Buffer.concat([this.#draw.octets(this.#draw.int(0, LARGEST_BODY)), Buffer.from(cue)])
    const isChunked = this.#draw.chance(50)
    const head = this.#head('POST', 'none', [isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`])
    // The cue is in the last chunk, whole.
    const coded = isChunked ? Buffer.concat([chunked(this.#draw, body.subarray(0, -cue.length)), lastChunks(cue)]) : body
    return { client: Buffer.concat([Buffer.from(head), coded]), cue, origin: this.#response('POST') }
  }

  /** The answer is on its way while the request still is. */
  #early(): Step {
    const cue = this.#cue()
    const rest = this.#draw.octets(this.#draw.int(1, LARGEST_BODY))
    const head = this.#head('POST', cue, [`Content-Length: ${rest.length}`])
    return { client: Buffer.concat([Buffer.from(head), rest]), cue, origin: this.#response('POST') }
  }

  #continued(): Step {
    const cue = this.#cue()
    const head = this.#head('PUT', cue, ['Expect: 100-continue', 'Content-Length: 500'])
    return { client: Buffer.from(head), cue, origin: Buffer.from('HTTP/1.1 100 Continue\r\n\r\n') }
  }

  #body(): Step {
    const cue = this.#cue()
    return { client: Buffer.from(cue.padStart(500, 'b')), cue, origin: this.#response('PUT') }
  }

  #mcp(): Step {
    const cue = this.#cue()
    const body = JSON.stringify({ jsonrpc: '2.0', id: this.#draw.int(1, 9), method: 'tools/call', params: { name: 'x', cue } })
    const fields = ['Content-Type: application/json', 'Accept: application/json, text/event-stream', `Content-Length: ${body.length}`]
    return { client: Buffer.from(this.#head('POST', 'none', fields) + body), cue, origin: eventStream(this.#draw) }
  }

  #untilClose(): Step {
    const cue = this.#cue()
    const body = this.#draw.octets(this.#draw.int(0, LARGEST_BODY))
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n'
    return { client: Buffer.from(this.#head('GET', cue)), cue, origin: Buffer.concat([Buffer.from(head), body]) }
  }

  #upgrade(): Step {
    const cue = this.#cue()
    const offer = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
    const accept = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=']
    const answer = ['HTTP/1.1 101 Switching Protocols', ...accept, '', ''].join('\r\n')
    return { client: Buffer.from(this.#head('GET', cue, offer)), cue, origin: Buffer.from(answer) }
  }

  /** The cue stands in a binary message whose mask is zeros, so that it can be seen. */
  #frames(): Step {
    const draw = this.#draw
    const cue = this.#cue()
    const before = Array.from({ length: draw.int(0, 3) }, () =>
      fromClient({ opcode: draw.pick([1, 2, 9, 10]), payload: 'm'.repeat(draw.int(0, 120)) }),
    )
    const last = fromClient({ opcode: 2, payload: cue, mask: [0, 0, 0, 0] })
    const answers = Array.from({ length: draw.int(1, 5) }, () => webSocketFrame({ opcode: 2, payload: draw.octets(draw.int(0, 70_000)) }))
    return { client: Buffer.concat([...before, last]), cue, origin: Buffer.concat(answers) }
  }

  #octets(): Step {
    const cue = this.#cue()
    const draw = this.#draw
    return {
      client: Buffer.concat([draw.octets(draw.int(0, 5_000)), Buffer.from(cue)]),
      cue,
      origin: draw.octets(draw.int(1, LARGEST_BODY)),
    }
  }

  #response(method: string): Buffer {
    const draw = this.#draw
    const hints = draw.chance(15) ? 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(draw.int(1, 3)) : ''
    const status = draw.pick([200, 200, 200, 201, 204, 304, 404, 500])
    const type = draw.pick(['text/plain', 'application/json', 'application/octet-stream', 'application/msgpack'])
    const head = [`HTTP/1.1 ${status} ${draw.pick(['OK', '', 'x y'])}`, `Content-Type: ${type}`, `X-Pad: ${'p'.repeat(draw.int(0, 500))}`]
    if (draw.chance(10)) head.push(`Content-Encoding: ${draw.pick(['gzip', 'br', 'deflate', 'zstd', 'unknown'])}`)
    if (status === 204) return Buffer.from(`${hints}${head.join('\r\n')}\r\n\r\n`)
    const body = draw.octets(draw.pick([0, 1, 100, draw.int(0, LARGEST_BODY)]))
    const isChunked = draw.chance(40)
    head.push(isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`)
    const octets = Buffer.from(`${hints}${head.join('\r\n')}\r\n\r\n`)
    if (status === 304 || method === 'HEAD') return octets
    return Buffer.concat([octets, isChunked ? Buffer.concat([chunked(draw, body), lastChunks('', draw.chance(30))]) : body])
  }
}

/** The chunks of `body`, the last one left to `lastChunks`. */
function chunked(draw: Draw, body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const size = Math.min(draw.int(1, 9_000), body.length - at)
    const extension = draw.chance(20) ? ';name="v, w"' : ''
    parts.push(Buffer.from(`${size.toString(16)}${extension}\r\n`), body.subarray(at, at + size), Buffer.from('\r\n'))
    at += size
  }
  return Buffer.concat(parts)
}

function lastChunks(text: string, hasTrailers = false): Buffer {
  const chunk = text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`
  return Buffer.from(`${chunk}0\r\n${hasTrailers ? 'X-Checksum: 1\r\nX-More: 2\r\n' : ''}\r\n`)
}

function eventStream(draw: Draw): Buffer {
  const end = draw.pick(['\n', '\r\n', '\r'])
  const events = Array.from({ length: draw.int(1, 60) }, (_, n) => {
    const data = draw.pick(['{"jsonrpc":"2.0","id":1,"result":{}}', 'x'.repeat(draw.int(0, 2_000)), 'ümlaut', ''])
    return draw.pick([`: ping${end}${end}`, `id: ${n}${end}event: e${end}data: ${data}${end}data${end}${end}`, `data: ${data}${end}${end}`])
  })
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n'
  return Buffer.concat([Buffer.from(head), chunked(draw, Buffer.from(events.join(''))), lastChunks('')])
}
