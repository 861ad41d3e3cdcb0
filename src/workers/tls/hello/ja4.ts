/**
 * JA4 of a ClientHello over TCP, as FoxIO's technical details define it (the BSD-licensed part). On demand. Worker thread.
 *
 *     t13d1516h2_8daaf6152771_e5627efa2ab1
 *     │├─┤├─┤├─┤├┤ └ciphers    └extensions without SNI and ALPN, sorted; then signature algorithms in order
 *     ││  │  │  └ first and last character of the first ALPN protocol
 *     ││  │  └ extensions, at most 99
 *     ││  └ cipher suites, at most 99
 *     │└ version; d: has an SNI, i: has none
 *     └ t: TCP
 *
 * GREASE values (RFC 8701) count nowhere.
 */

import { hash } from 'node:crypto'
import type { ClientHello } from './client-hello.ts'
import { isGrease, isGreaseProtocol } from './grease.ts'

const SERVER_NAME = 0x0000
const ALPN = 0x0010
const MAX_COUNT = 99
const HASH_DIGITS = 12
const NOTHING = '0'.repeat(HASH_DIGITS)

export function ja4(hello: ClientHello): string {
  return `${ja4Head(hello)}_${hashed(cipherList(hello))}_${hashed(extensionList(hello))}`
}

function ja4Head(hello: ClientHello): string {
  const destination = hello.extensions.includes(SERVER_NAME) ? 'd' : 'i'
  const ciphers = counted(hello.cipherSuites)
  const extensions = counted(hello.extensions)
  return `t${versionDigits(hello)}${destination}${ciphers}${extensions}${alpnEnds(firstProtocol(hello))}`
}

/** The highest version that is offered and known; the legacy field where supported_versions is absent. */
function versionDigits(hello: ClientHello): string {
  let version = 0
  for (const offered of hello.supportedVersions) {
    if (!isGrease(offered) && offered > version) version = offered
  }
  switch (version === 0 ? hello.legacyVersion : version) {
    case 0x0304:
      return '13'
    case 0x0303:
      return '12'
    case 0x0302:
      return '11'
    case 0x0301:
      return '10'
    case 0x0300:
      return 's3'
    case 0x0002:
      return 's2'
    default:
      return '00'
  }
}

function firstProtocol({ alpn }: ClientHello): string {
  return alpn.find((protocol) => !isGreaseProtocol(protocol)) ?? ''
}

/** First and last character; where either is not alphanumeric, first and last digit of the whole in hexadecimal. */
function alpnEnds(protocol: string): string {
  if (protocol === '') return '00'
  const text = isAlphanumeric(protocol.charCodeAt(0)) && isAlphanumeric(protocol.charCodeAt(protocol.length - 1))
  const shown = text ? protocol : Buffer.from(protocol, 'latin1').toString('hex')
  return `${shown.at(0)}${shown.at(-1)}`
}

function isAlphanumeric(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}

function cipherList(hello: ClientHello): string {
  return sortedHex(hello.cipherSuites)
}

function extensionList(hello: ClientHello): string {
  const types = sortedHex(hello.extensions.filter((type) => type !== SERVER_NAME && type !== ALPN))
  const algorithms = hello.signatureAlgorithms.filter((value) => !isGrease(value)).map(hex4)
  return algorithms.length === 0 ? types : `${types}_${algorithms.join(',')}`
}

function sortedHex(values: readonly number[]): string {
  return values
    .filter((value) => !isGrease(value))
    .map(hex4)
    .sort()
    .join(',')
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0')
}

function counted(values: readonly number[]): string {
  let count = 0
  for (const value of values) if (!isGrease(value)) count++
  return String(Math.min(count, MAX_COUNT)).padStart(2, '0')
}

function hashed(list: string): string {
  return list === '' ? NOTHING : hash('sha256', list).slice(0, HASH_DIGITS)
}
