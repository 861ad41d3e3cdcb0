/**
 * PlainMessage: a head, or a head with its body, in HTTP/1.1 form, as handlers give them in verdicts, taken apart for HTTP/2.
 * It comes from our own code: no bounds, no violations, no chunked coding. Worker thread.
 *
 * What HTTP/2 has no place for is left out: the reason phrase, Host (it is `:authority`), connection-specific fields (RFC 9113
 * §8.2.2). Names are lowered (§8.2.1).
 */

import { CONNECTION_SPECIFIC, fieldName, HOST } from './field-name.ts'

export interface PlainField {
  readonly name: Buffer
  readonly value: Buffer
  /** Of the name (`field-name.ts`). */
  readonly number: number
}

export class PlainMessage {
  /** The parts of the start line: method and target, or version and status. */
  readonly #start: readonly string[]
  readonly fields: readonly PlainField[]
  /** The value of Host, or empty. */
  readonly host: string
  readonly body: Buffer

  constructor(octets: Uint8Array) {
    const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
    const headEnd = bytes.indexOf('\r\n\r\n')
    const [start = '', ...lines] = bytes.toString('latin1', 0, headEnd === -1 ? bytes.length : headEnd).split('\r\n')
    this.#start = start.split(' ')
    const fields = lines.filter((line) => line !== '').map(plainField)
    this.host = fields.find((field) => field.number === HOST)?.value.toString('latin1') ?? ''
    this.fields = fields.filter((field) => field.number !== CONNECTION_SPECIFIC && field.number !== HOST)
    this.body = headEnd === -1 ? Buffer.alloc(0) : bytes.subarray(headEnd + 4)
  }

  get method(): string {
    return this.#start[0] ?? ''
  }

  get target(): string {
    return this.#start[1] ?? ''
  }

  /** Three digits. */
  get status(): string {
    return this.#start[1] ?? '500'
  }

  /** The head of a response as HTTP/2 sends it, in HTTP/1.1 form again. */
  get sentHead(): Buffer {
    const lines = this.fields.map(({ name, value }) => `${name.toString('latin1')}: ${value.toString('latin1')}\r\n`)
    return Buffer.from(`HTTP/1.1 ${this.status} \r\n${lines.join('')}\r\n`, 'latin1')
  }
}

function plainField(line: string): PlainField {
  const colon = line.indexOf(':')
  const name = Buffer.from(line.slice(0, colon).toLowerCase(), 'latin1')
  const value = Buffer.from(line.slice(colon + 1).trim(), 'latin1')
  return { name, value, number: fieldName(name, 0, name.length) }
}
