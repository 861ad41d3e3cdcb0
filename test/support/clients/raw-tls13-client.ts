/**
 * RawTls13Client: a TLS 1.3 client (RFC 8446) that stops anywhere and says anything, for tests of how handshakes fail.
 *
 * One suite (TLS_AES_128_GCM_SHA256), one group (x25519), no verification at all. It can go as far as its ClientHello, the
 * server's flight, or its own Finished, and send any alert there: in clear, under handshake keys, under application keys.
 */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { connect, type Socket } from 'node:net'
import {
  alpnBody,
  concat,
  handshakeMessage,
  helloMessage,
  list16,
  records,
  sniBody,
  u16,
  vector8,
  vector16,
} from '../octets/hello-bytes.ts'

const HASH = 'sha256'
const HASH_BYTES = 32
const TAG_BYTES = 16
const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex')
const EMPTY = new Uint8Array(0)

/** How far the client goes before it does what the test wants. */
export type RawPhase = 'connected' | 'hello_sent' | 'server_flight' | 'finished'

interface Keys {
  readonly key: Buffer
  readonly iv: Buffer
  sequence: number
}

export class RawTls13Client {
  readonly socket: Socket
  #read: Keys | undefined
  #write: Keys | undefined
  #pending: Buffer = Buffer.alloc(0)
  #wake: (() => void) | undefined
  #ended = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => {
      this.#pending = Buffer.concat([this.#pending, bytes])
      this.#wake?.()
    })
    const end = () => {
      this.#ended = true
      this.#wake?.()
    }
    socket.on('close', end)
    socket.on('end', end)
    socket.on('error', end)
  }

  /** Connects to 127.0.0.1 and goes as far as `phase`. */
  static async reach(port: number, phase: RawPhase, alpn?: string): Promise<RawTls13Client> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return RawTls13Client.over(socket, phase, alpn)
  }

  /** Goes as far as `phase` on a socket that leads to the server. */
  static async over(socket: Socket, phase: RawPhase, alpn?: string): Promise<RawTls13Client> {
    socket.setNoDelay(true)
    const client = new RawTls13Client(socket)
    if (phase !== 'connected') await client.#handshake(phase, alpn)
    return client
  }

  /** An alert under whatever keys the phase has; in clear before there are any. */
  sendAlert(level: number, description: number): void {
    this.#send(0x15, Uint8Array.of(level, description))
  }

  sendData(bytes: Uint8Array): void {
    this.#send(0x17, bytes)
  }

  async #handshake(phase: RawPhase, alpn: string | undefined): Promise<void> {
    const { privateKey, publicKey } = generateKeyPairSync('x25519')
    const hello = this.#clientHello(publicKey, alpn)
    this.socket.write(records(hello))
    if (phase === 'hello_sent') return

    const serverHello = (await this.#record()).payload
    const transcript = [hello, serverHello]
    const shared = diffieHellman({ privateKey, publicKey: serverShare(serverHello) })
    const early = extract(Buffer.alloc(HASH_BYTES), Buffer.alloc(HASH_BYTES))
    const handshake = extract(derive(early, 'derived', digest([])), shared)
    const clientSecret = derive(handshake, 'c hs traffic', digest(transcript))
    this.#read = keysOf(derive(handshake, 's hs traffic', digest(transcript)))
    this.#write = keysOf(clientSecret)

    await this.#serverFlight(transcript)
    if (phase === 'server_flight') return
    const master = extract(derive(handshake, 'derived', digest([])), Buffer.alloc(HASH_BYTES))
    const application = digest(transcript)
    const verify = createHmac(HASH, expand(clientSecret, 'finished', EMPTY, HASH_BYTES))
      .update(application)
      .digest()
    this.#send(0x16, handshakeMessage(20, verify))
    this.#write = keysOf(derive(master, 'c ap traffic', application))
    this.#read = keysOf(derive(master, 's ap traffic', application))
  }

  #clientHello(publicKey: KeyObject, alpn: string | undefined): Uint8Array {
    const share = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
    return helloMessage({
      sessionId: new Uint8Array(32).fill(7),
      cipherSuites: [0x1301],
      extensions: [
        [0, sniBody('localhost')],
        [10, vector16(list16([29]))],
        [13, vector16(list16([0x0403, 0x0804, 0x0401]))],
        [43, vector8(list16([0x0304]))],
        [51, vector16(concat(u16(29), vector16(share)))],
        ...(alpn === undefined ? [] : [[16, alpnBody(alpn)] as const]),
      ],
    })
  }

  /** Reads encrypted handshake messages up to the server's Finished (20). */
  async #serverFlight(transcript: Uint8Array[]): Promise<void> {
    let messages = Buffer.alloc(0)
    for (let finished = false; !finished; ) {
      const { type, payload } = await this.#record()
      if (type !== 0x16) continue
      messages = Buffer.concat([messages, payload])
      while (messages.length >= 4 && messages.length >= 4 + messages.readUIntBE(1, 3)) {
        const message = messages.subarray(0, 4 + messages.readUIntBE(1, 3))
        messages = messages.subarray(message.length)
        transcript.push(message)
        finished = message[0] === 20
      }
    }
  }

  /** The next record, decrypted where keys are known; ChangeCipherSpec is passed over. */
  async #record(): Promise<{ type: number; payload: Buffer }> {
    for (;;) {
      const length = this.#pending.length >= 5 ? this.#pending.readUInt16BE(3) : Number.POSITIVE_INFINITY
      if (this.#pending.length >= 5 + length) {
        const record = this.#pending.subarray(0, 5 + length)
        this.#pending = this.#pending.subarray(5 + length)
        if (record[0] === 0x14) continue
        if (record[0] !== 0x17 || this.#read === undefined) return { type: record[0] as number, payload: record.subarray(5) }
        return open(this.#read, record)
      }
      if (this.#ended) throw new Error('the server ended the connection')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #send(type: number, payload: Uint8Array): void {
    if (this.#write === undefined) this.socket.write(records(payload, 16_384, type))
    else this.socket.write(seal(this.#write, type, payload))
  }
}

function serverShare(serverHello: Buffer): KeyObject {
  let at = 4 + 2 + 32
  at += 1 + (serverHello[at] as number) + 3
  const end = at + 2 + serverHello.readUInt16BE(at)
  for (at += 2; at < end; at += 4 + serverHello.readUInt16BE(at + 2)) {
    if (serverHello.readUInt16BE(at) !== 51) continue
    const key = Buffer.concat([X25519_SPKI, serverHello.subarray(at + 8, at + 40)])
    return createPublicKey({ key, format: 'der', type: 'spki' })
  }
  throw new Error('no key share in the ServerHello')
}

// —— RFC 8446 §7.1: key schedule; §5.2: record protection ——

function digest(messages: readonly Uint8Array[]): Buffer {
  const hash = createHash(HASH)
  for (const message of messages) hash.update(message)
  return hash.digest()
}

function extract(salt: Uint8Array, secret: Uint8Array): Buffer {
  return createHmac(HASH, salt).update(secret).digest()
}

function expand(secret: Uint8Array, label: string, context: Uint8Array, length: number): Buffer {
  const info = concat(u16(length), vector8(Buffer.from(`tls13 ${label}`)), vector8(context), [1])
  return createHmac(HASH, secret).update(info).digest().subarray(0, length)
}

function derive(secret: Uint8Array, label: string, transcript: Uint8Array): Buffer {
  return expand(secret, label, transcript, HASH_BYTES)
}

function keysOf(secret: Uint8Array): Keys {
  return { key: expand(secret, 'key', EMPTY, 16), iv: expand(secret, 'iv', EMPTY, 12), sequence: 0 }
}

function nonce(keys: Keys): Buffer {
  const value = Buffer.from(keys.iv)
  value.writeUInt32BE((value.readUInt32BE(8) ^ keys.sequence++) >>> 0, 8)
  return value
}

function seal(keys: Keys, type: number, payload: Uint8Array): Uint8Array {
  const header = concat([0x17, 3, 3], u16(payload.length + 1 + TAG_BYTES))
  const cipher = createCipheriv('aes-128-gcm', keys.key, nonce(keys)).setAAD(header)
  return concat(header, cipher.update(concat(payload, [type])), cipher.final(), cipher.getAuthTag())
}

function open(keys: Keys, record: Buffer): { type: number; payload: Buffer } {
  const decipher = createDecipheriv('aes-128-gcm', keys.key, nonce(keys)).setAAD(record.subarray(0, 5))
  decipher.setAuthTag(record.subarray(-TAG_BYTES))
  const plain = Buffer.concat([decipher.update(record.subarray(5, -TAG_BYTES)), decipher.final()])
  let end = plain.length - 1
  while (plain[end] === 0) end--
  return { type: plain[end] as number, payload: plain.subarray(0, end) }
}
