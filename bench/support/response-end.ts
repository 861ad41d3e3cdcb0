/**
 * ResponseEnd: tells a load generator when a response is complete: Content-Length or chunked, nothing else. It trusts its
 * origin, and keeps no body.
 */

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = '0\r\n\r\n'

export class ResponseEnd {
  status = 0
  /** Whether the connection stays open after it. */
  keepsAlive = true
  #head: Buffer = Buffer.alloc(0)
  #left = 0
  #isChunked = false
  #tail = ''
  #inBody = false

  /** True once the response is complete. Octets of a next response are not expected: one request at a time. */
  execute(chunk: Buffer): boolean {
    let body = chunk
    if (!this.#inBody) {
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
      const end = this.#head.indexOf(HEAD_END)
      if (end === -1) return false
      this.#readHead(this.#head.toString('latin1', 0, end))
      body = this.#head.subarray(end + HEAD_END.length)
      this.#inBody = true
    }
    if (!this.#isChunked) {
      this.#left -= body.length
      return this.#left <= 0
    }
    this.#tail = (this.#tail + body.toString('latin1', Math.max(0, body.length - LAST_CHUNK.length))).slice(-LAST_CHUNK.length)
    return this.#tail === LAST_CHUNK
  }

  /** Ready for the next response. */
  reset(): void {
    this.#head = Buffer.alloc(0)
    this.#tail = ''
    this.#inBody = false
  }

  #readHead(head: string): void {
    this.status = Number(head.slice(9, 12))
    this.#isChunked = /\r\ntransfer-encoding:\s*chunked/i.test(head)
    this.#left = Number(/\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1] ?? 0)
    this.keepsAlive = !/\r\nconnection:\s*close/i.test(head)
  }
}
