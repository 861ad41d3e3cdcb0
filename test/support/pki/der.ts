/** DER as a test writes it: values as they are given, right or wrong. */

export function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Buffer {
  const value = Buffer.concat(parts.map((part) => Buffer.from(part)))
  const { length } = value
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), value])
  const octets = Buffer.from(length.toString(16).padStart(length > 0xffff ? 6 : length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | octets.length), octets, value])
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
export const octets = (value: Uint8Array): Buffer => der(0x04, value)
export const bits = (value: Uint8Array, unused = 0): Buffer => der(0x03, [unused], value)
export const integer = (...value: readonly number[]): Buffer => der(0x02, value)
export const boolean = (value: boolean): Buffer => der(0x01, [value ? 0xff : 0])
/** Context-specific, constructed where `constructed`. */
export const context = (number: number, constructed: boolean, ...parts: readonly Uint8Array[]): Buffer =>
  der((constructed ? 0xa0 : 0x80) | number, ...parts)

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const value = [first * 40 + second]
  for (const arc of rest) {
    const septets = [arc & 0x7f]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) septets.unshift((left & 0x7f) | 0x80)
    value.push(...septets)
  }
  return der(0x06, value)
}
