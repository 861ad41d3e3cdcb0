/**
 * Plays scripts of the chaos run: a client that goes through the engine, and an origin that knows every script by the cues in it.
 */

import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { openTunnel } from '../proxy-client.ts'
import { startTcpOrigin, startTlsOrigin, type TestOrigin } from '../test-origin.ts'
import { type Abort, Draw, type Script, type Step } from './script.ts'

const PLAY_DEADLINE_MS = 120_000
/** How long an origin may take for octets that were still on their way when its client had all of the answer. */
const ORIGIN_DEADLINE_MS = 60_000

/** What one end has got, and how it went. */
export interface Played {
  readonly client: Buffer
  readonly origin: Buffer
  /** `address:port` of the client, as events name it. */
  readonly address: string
  /** The script came to its end; else why it did not. */
  readonly failure: string | undefined
}

export interface Stage {
  readonly proxyPort: number
  readonly ca: string
  readonly secure: TestOrigin
  readonly clear: TestOrigin
}

/** The scripts under way, by id; the origins look them up. */
export class Playbill {
  readonly #parts = new Map<string, OriginPart>()

  add(part: OriginPart): void {
    this.#parts.set(part.script.id, part)
  }

  remove(id: string): void {
    this.#parts.delete(id)
  }

  /** A connection plays one script after another: the engine keeps those that are clean for later clients. */
  onSocket = (socket: Socket): void => {
    let part: OriginPart | undefined
    let early = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => {
      if (part?.isOver !== false) {
        early = Buffer.concat([early, bytes])
        part = this.#partIn(early.toString('latin1'))
        if (part === undefined) return
      }
      part.read(socket, early.length > 0 ? early : bytes)
      early = Buffer.alloc(0)
    })
    socket.on('end', () => {
      if (part === undefined) socket.end()
      else part.end(socket)
    })
  }

  #partIn(text: string): OriginPart | undefined {
    const id = /chaos-[0-9a-z]+/.exec(text)?.[0]
    // An id may be cut: it is whole once something else follows it.
    return id === undefined || text.endsWith(id) ? undefined : this.#parts.get(id)
  }
}

/** The origin's part of one script. */
class OriginPart {
  readonly script: Script
  received = Buffer.alloc(0)
  #onOver = () => {}
  /** All of the client's part has been read. */
  readonly over = new Promise<void>((resolve) => {
    this.#onOver = resolve
  })
  #next = 0
  #writing: Promise<boolean> = Promise.resolve(true)
  readonly #stage: Stage
  readonly #writer: Writer

  constructor(script: Script, stage: Stage) {
    this.script = script
    this.#stage = stage
    this.#writer = new Writer(script, 'origin')
  }

  get isOver(): boolean {
    return this.#next > this.script.steps.length
  }

  read(socket: Socket, bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes])
    const { steps, originCloses } = this.script
    for (let step = steps[this.#next]; step !== undefined && this.received.includes(step.cue); step = steps[++this.#next]) {
      const { origin } = step
      this.#writing = this.#writing.then((goesOn) => goesOn && this.#writer.write(socket, origin))
    }
    if (this.#next < steps.length || this.received.length < this.#due) return
    this.#next = steps.length + 1
    this.#onOver()
    if (originCloses) void this.#writing.then((goesOn) => goesOn && socket.end())
  }

  end(socket: Socket): void {
    void this.#writing.then(() => socket.end())
  }

  /** Octets that the client sends in all; of plain requests, whose heads are altered on the way, those behind the last cue are none. */
  get #due(): number {
    const { steps, transport } = this.script
    return transport === 'plain' ? 0 : steps.reduce((sum, step) => sum + octetsOf(step, this.script, this.#stage).length, 0)
  }
}

/** Writes the part of one end: in pieces, with pauses, up to where the script is aborted. */
class Writer {
  readonly #draw: Draw
  readonly #script: Script
  readonly #abort: Abort | undefined
  #written = 0

  constructor(script: Script, by: Abort['by']) {
    this.#script = script
    this.#abort = script.abort?.by === by ? script.abort : undefined
    this.#draw = new Draw(script.steps.length + script.piece)
  }

  /** False: it has come to the abort. */
  async write(socket: Socket, octets: Buffer): Promise<boolean> {
    const { piece, pauses } = this.#script
    // Octet by octet is for what is small: a body of 60,000 would take as many turns, and a busy machine makes a slow head of them.
    const most = Math.max(piece, Math.ceil(octets.length / 100))
    for (let at = 0; at < octets.length; ) {
      const left = this.#abort === undefined ? octets.length : this.#abort.after - this.#written
      if (left <= 0) return this.#stop(socket)
      const size = Math.min(this.#draw.int(1, most), octets.length - at, left)
      if (socket.destroyed || socket.writableEnded) return false
      if (!socket.write(octets.subarray(at, at + size))) await drained(socket)
      this.#written += size
      at += size
      if (this.#draw.chance(pauses)) await delay(this.#draw.int(0, 2))
    }
    return this.#abort !== undefined && this.#written >= this.#abort.after ? this.#stop(socket) : true
  }

  #stop(socket: Socket): false {
    if (this.#abort?.how === 'fin') socket.end()
    else cutOff(socket)
    return false
  }
}

/** RST, beneath TLS as well. */
function cutOff(socket: Socket): void {
  const { _parent: transport } = socket as TLSSocket & { _parent?: Socket }
  if (transport instanceof Object) transport.resetAndDestroy()
  else if ('encrypted' in socket) socket.destroy()
  else socket.resetAndDestroy()
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle)
      resolve()
    }
    socket.on('drain', settle).on('close', settle)
    if (socket.destroyed) settle()
  })
}

export async function startOrigins(playbill: Playbill): Promise<{ secure: TestOrigin; clear: TestOrigin }> {
  const [secure, clear] = await Promise.all([startTlsOrigin(playbill.onSocket), startTcpOrigin(playbill.onSocket)])
  return { secure, clear }
}

/** Plays one script to its end, or to where it is cut. */
export async function play(script: Script, stage: Stage, playbill: Playbill): Promise<Played> {
  const part = new OriginPart(script, stage)
  playbill.add(part)
  const got: Buffer[] = []
  let address = ''
  let failure: string | undefined
  try {
    const { socket, local } = await open(script, stage)
    address = local
    failure = await act(script, socket, got, stage)
    const isWhole = failure === undefined && script.abort === undefined
    if (isWhole) await Promise.race([part.over, delay(ORIGIN_DEADLINE_MS, undefined, { ref: false })])
  } catch (error) {
    failure = (error as Error).message
  }
  playbill.remove(script.id)
  return { client: Buffer.concat(got), origin: part.received, address, failure }
}

async function open(script: Script, stage: Stage): Promise<{ socket: Socket; local: string }> {
  const { proxyPort, ca, secure, clear } = stage
  if (script.transport === 'plain') {
    const socket = connect({ port: proxyPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return { socket, local: `127.0.0.1:${socket.localPort}` }
  }
  const host = script.transport === 'tunnel' ? '127.0.0.1' : 'localhost'
  const port = script.transport === 'tunnel' ? clear.port : secure.port
  const transport = await openTunnel(proxyPort, `${host}:${port}`)
  const local = `127.0.0.1:${transport.localPort}`
  if (script.transport === 'tunnel') return { socket: transport, local }
  const socket = connectTls({ socket: transport, servername: 'localhost', ca, ALPNProtocols: ['http/1.1'] })
  await new Promise<void>((resolve, reject) =>
    socket
      .once('secureConnect', resolve)
      .once('error', reject)
      .once('close', () => reject(new Error('closed'))),
  )
  return { socket, local }
}

/** The client's part. Returns why it could not be played to its end. */
async function act(script: Script, socket: Socket, got: Buffer[], stage: Stage): Promise<string | undefined> {
  const writer = new Writer(script, 'client')
  let length = 0
  let ended = false
  let wake = () => {}
  socket.on('data', (bytes: Buffer) => {
    got.push(bytes)
    length += bytes.length
    wake()
  })
  for (const event of ['end', 'close', 'error']) {
    socket.on(event, () => {
      ended = true
      wake()
    })
  }
  socket.resume()
  const until = async (condition: () => boolean) => {
    const late = setTimeout(() => socket.destroy(new Error('the play takes too long')), PLAY_DEADLINE_MS)
    while (!condition()) await new Promise<void>((resolve) => (wake = resolve))
    clearTimeout(late)
  }
  let due = 0
  for (const [n, step] of script.steps.entries()) {
    due += step.origin.length
    const isLast = n === script.steps.length - 1
    const goesOn = await writer.write(socket, octetsOf(step, script, stage))
    if (goesOn && isLast && script.halfCloses) socket.end()
    await until(() => length >= due || ended)
    if (!goesOn || length < due) {
      socket.destroy()
      return `${goesOn ? 'ended' : 'aborted'} in step ${n} with ${length} of ${due} octets`
    }
  }
  if (script.originCloses) await until(() => ended)
  if (script.drops) socket.destroy()
  else socket.end()
  await until(() => socket.destroyed || ended)
  socket.destroy()
  return undefined
}

/** What the client sends in a step, with the name of the origin, which no script knows. */
export function octetsOf(step: Step, script: Script, { clear, secure }: Stage): Buffer {
  const authority = script.transport === 'intercept' ? `localhost:${secure.port}` : `127.0.0.1:${clear.port}`
  return Buffer.from(step.client.toString('latin1').replaceAll('{authority}', authority), 'latin1')
}
