/**
 * Base64Decoder: the body of grpc-web-text, in any split. Each write of the sender is padded on its own, so padding may stand
 * between two groups of four (gRPC PROTOCOL-WEB). Worker thread.
 */

const BAD = 255
const PADDING = 254
const VALUES = new Uint8Array(256).fill(BAD)
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  VALUES[character.charCodeAt(0)] = value
}
VALUES[0x3d] = PADDING

export class Base64Decoder {
  #bits = 0
  /** Characters of the group in hand, and how many of them pad. */
  #count = 0
  #padding = 0

  /** The octets that `text` completes, or `undefined` where it is not base64. */
  execute(text: Uint8Array): Uint8Array | undefined {
    const out = new Uint8Array(Math.ceil(((text.length + 3) * 3) / 4))
    let at = 0
    for (let i = 0; i < text.length; i++) {
      const value = VALUES[text[i] as number] as number
      if (value === BAD || (value !== PADDING && this.#padding > 0) || (value === PADDING && this.#count < 2)) return undefined
      if (value === PADDING) this.#padding++
      this.#bits = (this.#bits << 6) | (value === PADDING ? 0 : value)
      if (++this.#count < 4) continue
      for (let n = 0; n < 3 - this.#padding; n++) out[at++] = this.#bits >> (16 - 8 * n)
      this.#bits = this.#count = this.#padding = 0
    }
    return out.subarray(0, at)
  }

  /** No group is incomplete. */
  get idle(): boolean {
    return this.#count === 0
  }
}
