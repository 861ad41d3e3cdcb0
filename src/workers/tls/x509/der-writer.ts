/**
 * DER construction (X.690) on node-forge's ASN.1 builder: the few shapes that certificates (RFC 5280) and PKCS#12 (RFC 7292) need.
 *
 * For our own structures and for operator-given CA files only: node-forge's parser throws, so origins' certificates go through
 * `der-reader.ts`. Node-forge holds octets as Latin-1 strings; that stays inside this file. Pure. Any thread.
 */

import forge from 'node-forge'

export type Asn1 = forge.asn1.Asn1

const { Class, Type } = forge.asn1

function universal(type: forge.asn1.Type, constructed: boolean, value: string | Asn1[]): Asn1 {
  return forge.asn1.create(Class.UNIVERSAL, type, constructed, value)
}

function octets(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

export function sequence(items: Asn1[]): Asn1 {
  return universal(Type.SEQUENCE, true, items)
}

export function setOf(items: Asn1[]): Asn1 {
  return universal(Type.SET, true, items)
}

export function oid(dotted: string): Asn1 {
  return universal(Type.OID, false, forge.asn1.oidToDer(dotted).getBytes())
}

export function nullValue(): Asn1 {
  return universal(Type.NULL, false, '')
}

export function booleanTrue(): Asn1 {
  return universal(Type.BOOLEAN, false, '\xff')
}

/** A non-negative INTEGER below 2^31. */
export function smallInteger(value: number): Asn1 {
  return universal(Type.INTEGER, false, forge.asn1.integerToDer(value).getBytes())
}

/** An INTEGER of these big-endian octets; the top bit must be clear for it to be positive. */
export function bigInteger(bytes: Uint8Array): Asn1 {
  return universal(Type.INTEGER, false, octets(bytes))
}

export function octetString(bytes: Uint8Array): Asn1 {
  return universal(Type.OCTETSTRING, false, octets(bytes))
}

/** A BIT STRING whose last `unused` bits do not count. */
export function bitString(bytes: Uint8Array, unused = 0): Asn1 {
  return universal(Type.BITSTRING, false, String.fromCharCode(unused) + octets(bytes))
}

export function utf8String(text: string): Asn1 {
  return universal(Type.UTF8, false, octets(Buffer.from(text, 'utf8')))
}

/** A BMPString: UTF-16 without surrogates, as PKCS#12 friendly names are. */
export function bmpString(text: string): Asn1 {
  return universal(Type.BMPSTRING, false, text)
}

/** Time in the form that RFC 5280 §4.1.2.5 demands: UTCTime up to 2049, GeneralizedTime from 2050. Milliseconds are cut off. */
export function time(atMs: number): Asn1 {
  const date = new Date(atMs)
  return date.getUTCFullYear() < 2050
    ? universal(Type.UTCTIME, false, forge.asn1.dateToUtcTime(date))
    : universal(Type.GENERALIZEDTIME, false, forge.asn1.dateToGeneralizedTime(date))
}

/** `[tag] EXPLICIT`, or an implicit tag over a constructed value. */
export function contextConstructed(tag: number, items: Asn1[]): Asn1 {
  return forge.asn1.create(Class.CONTEXT_SPECIFIC, tag, true, items)
}

/** `[tag] IMPLICIT` over a primitive value. */
export function contextPrimitive(tag: number, bytes: Uint8Array): Asn1 {
  return forge.asn1.create(Class.CONTEXT_SPECIFIC, tag, false, octets(bytes))
}

/** Parses DER that we made or that an operator gave; throws where it is none. The result can be embedded any number of times. */
export function embed(der: Uint8Array): Asn1 {
  return forge.asn1.fromDer(octets(der), true)
}

export function encode(node: Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(node).getBytes(), 'latin1')
}
