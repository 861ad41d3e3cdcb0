/**
 * Http2WindowPeer: one end of an HTTP/2 connection as far as flow control goes, for tests of the layer: it sends DATA only within
 * the windows that it knows of, and counts what it receives against those that it gave.
 */

import { PREFACE, type ReadFrame } from '../octets/http2-frames.ts'

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const GOAWAY = 7
const WINDOW_UPDATE = 8
const DEFAULT_WINDOW = 65_535

export interface Received {
  text: string
  ended: boolean
  /** Of RST_STREAM; −1: none. */
  code: number
  /** HEADERS: the head, then trailers. */
  heads: number
}

export class Http2WindowPeer {
  /** What it may send. */
  sendWindow = DEFAULT_WINDOW
  readonly sendWindows = new Map<number, number>()
  /** Streams whose credit is not looked at: those that it has ended, for instance. */
  readonly finished = new Set<number>()
  /** What it may be sent. */
  receiveWindow = DEFAULT_WINDOW
  readonly receiveWindows = new Map<number, number>()
  readonly streams = new Map<number, Received>()
  /** Octets received and not given back yet. */
  owed = 0
  readonly owedByStream = new Map<number, number>()
  goaway: { readonly lastId: number; readonly code: number } | undefined = undefined
  readonly faults: string[] = []
  readonly #initialSend: number
  readonly #initialReceive: number
  #read = 0

  /** `initialSend`, `initialReceive`: stream windows of what it sends and of what it is sent. */
  constructor(initialSend: number, initialReceive: number) {
    this.#initialSend = initialSend
    this.#initialReceive = initialReceive
  }

  /** Takes in what of `all`, all octets that it has been sent so far, is new. */
  take(all: Buffer): void {
    if (this.#read === 0 && all.subarray(0, PREFACE.length).equals(PREFACE)) this.#read = PREFACE.length
    while (this.#read + 9 <= all.length) {
      const length = all.readUIntBE(this.#read, 3)
      if (this.#read + 9 + length > all.length) return
      const payload = all.subarray(this.#read + 9, this.#read + 9 + length)
      const type = all[this.#read + 3] as number
      this.#frame({ type, flags: all[this.#read + 4] as number, id: all.readUInt32BE(this.#read + 5) & 0x7fffffff, payload })
      this.#read += 9 + length
    }
  }

  room(id: number): number {
    return Math.min(this.sendWindow, this.sendWindows.get(id) ?? this.#initialSend)
  }

  sent(id: number, octets: number): void {
    this.sendWindow -= octets
    this.sendWindows.set(id, (this.sendWindows.get(id) ?? this.#initialSend) - octets)
  }

  /** Gives back `octets` of the connection (0) or of stream `id`. */
  gave(id: number, octets: number): void {
    if (id === 0) {
      this.owed -= octets
      this.receiveWindow += octets
    } else {
      this.owedByStream.set(id, (this.owedByStream.get(id) ?? 0) - octets)
      this.receiveWindows.set(id, (this.receiveWindows.get(id) ?? this.#initialReceive) + octets)
    }
  }

  stream(id: number): Received {
    const known = this.streams.get(id) ?? { text: '', ended: false, code: -1, heads: 0 }
    this.streams.set(id, known)
    return known
  }

  #frame({ type, flags, id, payload }: ReadFrame): void {
    const ends = (type === DATA || type === HEADERS) && (flags & 1) !== 0
    if (type === DATA) this.#data(id, payload)
    else if (type === HEADERS) this.stream(id).heads++
    else if (type === RST_STREAM) this.stream(id).code = payload.readUInt32BE(0)
    else if (type === WINDOW_UPDATE && id === 0) this.sendWindow += payload.readUInt32BE(0)
    else if (type === WINDOW_UPDATE) this.sendWindows.set(id, (this.sendWindows.get(id) ?? this.#initialSend) + payload.readUInt32BE(0))
    else if (type === GOAWAY) this.goaway = { lastId: payload.readUInt32BE(0), code: payload.readUInt32BE(4) }
    else if (type !== SETTINGS) this.faults.push(`a frame of type ${type}`)
    if (this.sendWindow > DEFAULT_WINDOW) this.faults.push('more credit for the connection than was used')
    if (type === WINDOW_UPDATE && id > 0 && !this.finished.has(id) && (this.sendWindows.get(id) ?? 0) > this.#initialSend)
      this.faults.push(`more credit for ${id} than was used`)
    if (ends) this.stream(id).ended = true
  }

  #data(id: number, payload: Buffer): void {
    const stream = this.stream(id)
    if (stream.heads === 0) this.faults.push(`DATA before the head of ${id}`)
    if (stream.ended || stream.code !== -1) this.faults.push(`DATA behind the end of ${id}`)
    stream.text += payload.toString('latin1')
    this.receiveWindow -= payload.length
    const left = (this.receiveWindows.get(id) ?? this.#initialReceive) - payload.length
    this.receiveWindows.set(id, left)
    if (payload.length > 0 && (left < 0 || this.receiveWindow < 0)) this.faults.push(`beyond the window of ${id}`)
    this.owed += payload.length
    this.owedByStream.set(id, (this.owedByStream.get(id) ?? 0) + payload.length)
  }
}
