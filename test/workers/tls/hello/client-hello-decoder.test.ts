/**
 * The ClientHello decoder, extension by extension: what each length that does not fit and each second copy is answered, at linear
 * cost (RFC 8446 §4.1.2).
 */

import t from 'tap'
import { parse as parseYaml } from 'yaml'
import type { ClientHello } from '../../../../src/workers/tls/hello/client-hello.ts'
import { decodeClientHello } from '../../../../src/workers/tls/hello/client-hello-decoder.ts'
import { ja3, ja3Text } from '../../../../src/workers/tls/hello/ja3.ts'
import { ja4 } from '../../../../src/workers/tls/hello/ja4.ts'
import { corpusText, needsCorpus } from '../../../support/corpora/corpora.ts'
import {
  alpnBody,
  concat,
  type HelloParts,
  helloMessage,
  list16,
  sniBody,
  u16,
  vector8,
  vector16,
} from '../../../support/octets/hello-bytes.ts'

function decode(parts: HelloParts): ClientHello | string {
  const message = helloMessage(parts)
  const decoded = decodeClientHello(message, 4, message.length)
  return 'code' in decoded ? decoded.code : decoded
}

function decoded(parts: HelloParts): ClientHello {
  const hello = decode(parts)
  if (typeof hello === 'string') throw new Error(hello)
  return hello
}

const NONE = new Uint8Array(0)

t.test('every extension that is read', async (t) => {
  const parts: HelloParts = {
    legacyVersion: 0x0303,
    sessionId: new Uint8Array(32),
    cipherSuites: [0x0a0a, 0x1301],
    extensions: [
      [0x1a1a, NONE],
      [0, sniBody('Shop.Example.')],
      [5, Uint8Array.of(1, 0, 0, 0, 0)],
      [10, vector16(list16([0x2a2a, 0x11ec, 29]))],
      [11, vector8([0, 1])],
      [13, vector16(list16([0x0403, 0x0804]))],
      [16, alpnBody('h2', 'http/1.1', 'caf\xe9')],
      [35, Uint8Array.of(1, 2)],
      [42, NONE],
      [43, vector8(list16([0x3a3a, 0x0304, 0x0303]))],
      [50, vector16(list16([0x0401]))],
      [51, vector16(concat(u16(0x2a2a), vector16([0]), u16(29), vector16(new Uint8Array(32))))],
      [0xfe0d, Uint8Array.of(0, 1, 2)],
      [41, Uint8Array.of(9)],
    ],
  }
  t.strictSame(decoded(parts), {
    sni: 'shop.example',
    sniForm: 'name',
    alpn: ['h2', 'http/1.1', 'caf\xe9'],
    legacyVersion: 0x0303,
    supportedVersions: [0x3a3a, 0x0304, 0x0303],
    cipherSuites: [0x0a0a, 0x1301],
    extensions: [0x1a1a, 0, 5, 10, 11, 13, 16, 35, 42, 43, 50, 51, 0xfe0d, 41],
    signatureAlgorithms: [0x0403, 0x0804],
    certificateSignatureAlgorithms: [0x0401],
    groups: [0x2a2a, 0x11ec, 29],
    pointFormats: [0, 1],
    keyShareGroups: [0x2a2a, 29],
    sessionIdPresent: true,
    ticketPresent: true,
    pskOffered: true,
    earlyDataOffered: true,
    ocspRequested: true,
    ech: 'outer',
    size: helloMessage(parts).length,
  })
})

t.test('without extensions, and with none in the block', async (t) => {
  for (const extensions of [undefined, []]) {
    const hello = decoded({ legacyVersion: 0x0301, extensions })
    t.strictSame(hello.extensions, [])
    t.equal(hello.sniForm, 'absent')
    t.equal(hello.ech, 'absent')
  }
})

t.test('an inner ECH hello on the wire is seen as such', async (t) => {
  t.equal(decoded({ extensions: [[0xfe0d, Uint8Array.of(1)]] }).ech, 'inner')
})

t.test('an SNI list: the first host_name counts, other types are passed over, an empty body is no name', async (t) => {
  const other = concat([7], vector16([1, 2, 3]))
  const name = (text: string) => concat([0], vector16(Buffer.from(text)))
  t.equal(decoded({ extensions: [[0, vector16(concat(other, name('a.example'), name('b.example')))]] }).sni, 'a.example')
  t.equal(decoded({ extensions: [[0, vector16(other)]] }).sniForm, 'absent')
  t.equal(decoded({ extensions: [[0, NONE]] }).sniForm, 'absent')
})

/** Each is wrong in one way. */
const MALFORMED: readonly (readonly [string, HelloParts])[] = [
  ['no cipher suites', { cipherSuites: [] }],
  ['no compression methods', { compression: [] }],
  ['a session id of 33 octets', { sessionId: new Uint8Array(33) }],
  ['octets behind the extensions', { tail: Uint8Array.of(0) }],
  ['half an extensions length', { extensions: undefined, tail: Uint8Array.of(0) }],
  ['extensions longer than the message', { extensions: undefined, tail: Uint8Array.of(0, 9, 0, 0) }],
  ['half an extension header', { extensions: undefined, tail: Uint8Array.of(0, 3, 0, 1, 0) }],
  ['an extension longer than the block', { extensions: undefined, tail: Uint8Array.of(0, 4, 0, 1, 0, 1) }],
  ['an SNI list longer than its extension', { extensions: [[0, Uint8Array.of(0, 9, 0, 0, 1, 0x61)]] }],
  ['octets behind the SNI list', { extensions: [[0, concat(sniBody('a'), [0])]] }],
  ['an SNI name longer than its list', { extensions: [[0, vector16([0, 0, 9, 0x61])]] }],
  ['an odd list of groups', { extensions: [[10, vector16([0, 29, 0])]] }],
  ['octets behind the groups', { extensions: [[10, concat(vector16(list16([29])), [0])]] }],
  ['point formats longer than the extension', { extensions: [[11, Uint8Array.of(4, 0)]] }],
  ['an odd list of signature algorithms', { extensions: [[13, vector16([4])]] }],
  ['an odd list of certificate signature algorithms', { extensions: [[50, vector16([4])]] }],
  ['a protocol longer than its ALPN list', { extensions: [[16, vector16([9, 0x68])]] }],
  ['an odd list of versions', { extensions: [[43, vector8([3])]] }],
  ['an empty supported_versions', { extensions: [[43, NONE]] }],
  ['a key share longer than its list', { extensions: [[51, vector16([0, 29, 0, 32, 1])]] }],
  ['half a key share', { extensions: [[51, vector16([0, 29, 0])]] }],
]

t.test('a length that does not fit is a violation', async (t) => {
  for (const [name, parts] of MALFORMED) t.equal(decode(parts), 'client_hello_malformed', name)
})

t.test('every prefix of a message is malformed or a hello, never a throw', async (t) => {
  const message = helloMessage({
    extensions: [
      [0, sniBody('a.example')],
      [16, alpnBody('h2')],
    ],
  })
  const outcomes = new Set<string>()
  for (let end = 4; end <= message.length; end++) {
    const result = decodeClientHello(message, 4, end)
    outcomes.add('code' in result ? result.code : `hello of ${end}`)
  }
  // One shorter message is complete as well: the one that ends before its extensions, which TLS 1.2 may leave out.
  t.strictSame(outcomes, new Set(['client_hello_malformed', `hello of ${4 + 2 + 32 + 1 + 6 + 2}`, `hello of ${message.length}`]))
})

t.test('an extension that is read may not be there twice; one that is not read may', async (t) => {
  for (const type of [0, 5, 10, 11, 13, 16, 35, 41, 42, 43, 50, 51, 0xfe0d]) {
    const body = bodyOf(type)
    t.equal(
      decode({
        extensions: [
          [type, body],
          [23, NONE],
          [type, body],
        ],
      }),
      'client_hello_extension_twice',
      String(type),
    )
  }
  t.strictSame(
    decoded({
      extensions: [
        [0xffff, NONE],
        [0xffff, NONE],
      ],
    }).extensions,
    [0xffff, 0xffff],
  )
})

function bodyOf(type: number): Uint8Array {
  switch (type) {
    case 0:
      return sniBody('a')
    case 11:
      return vector8([0])
    case 16:
      return alpnBody('h2')
    case 43:
      return vector8(list16([0x0304]))
    case 51:
      return vector16([])
    default:
      return vector16(list16([29]))
  }
}

t.test('4,000 extensions cost what 4,000 cost, not the square', async (t) => {
  const extensions = Array.from({ length: 4000 }, (_, i) => [0x4000 + i, NONE] as const)
  t.equal(decoded({ extensions }).extensions.length, 4000)
})

// —— Browser signatures: hellos made after what browsers were seen to send ——

interface Signature {
  readonly name: string
  readonly signature: { readonly tls_client_hello: SignatureHello }
}
interface SignatureHello {
  readonly session_id_length: number
  readonly ciphersuites: readonly (number | string)[]
  readonly comp_methods: readonly number[]
  readonly extensions: readonly Record<string, unknown>[]
}

const VERSIONS: Readonly<Record<string, number>> = {
  TLS_VERSION_1_0: 0x0301,
  TLS_VERSION_1_1: 0x0302,
  TLS_VERSION_1_2: 0x0303,
  TLS_VERSION_1_3: 0x0304,
}
const TYPES: Readonly<Record<string, number>> = {
  GREASE: 0x3a3a,
  server_name: 0,
  status_request: 5,
  supported_groups: 10,
  ec_point_formats: 11,
  signature_algorithms: 13,
  application_layer_protocol_negotiation: 16,
  signed_certificate_timestamp: 18,
  padding: 21,
  extended_master_secret: 23,
  compress_certificate: 27,
  record_size_limit: 28,
  delegated_credentials: 34,
  session_ticket: 35,
  supported_versions: 43,
  psk_key_exchange_modes: 45,
  keyshare: 51,
  application_settings: 17513,
  renegotiation_info: 65281,
}

function values(list: unknown): number[] {
  return (list as (number | string)[]).map((value) =>
    value === 'GREASE' ? 0x5a5a : typeof value === 'string' ? (VERSIONS[value] ?? 0) : value,
  )
}

function signatureBody(extension: Record<string, unknown>): Uint8Array {
  switch (extension['type']) {
    case 'server_name':
      return sniBody('browser.example')
    case 'supported_groups':
      return vector16(list16(values(extension['supported_groups'])))
    case 'ec_point_formats':
      return vector8(values(extension['ec_point_formats']))
    case 'signature_algorithms':
      return vector16(list16(values(extension['sig_hash_algs'])))
    case 'application_layer_protocol_negotiation':
      return alpnBody(...(extension['alpn_list'] as string[]))
    case 'supported_versions':
      return vector8(list16(values(extension['supported_versions'])))
    case 'keyshare': {
      const shares = extension['key_shares'] as { group: number | string; length: number }[]
      return vector16(
        concat(...shares.map((share) => concat(u16(values([share.group])[0] as number), vector16(new Uint8Array(share.length))))),
      )
    }
    default:
      return new Uint8Array(Number(extension['length'] ?? 0))
  }
}

/** Publicly known JA3 hashes of the browsers that the signatures describe. */
const CHROME_JA3 = 'cd08e31494f9531f560d64c695473da9'
const SAFARI_JA3 = '773906b0efdefa24a7f2b8eb6985bf37'

for (const [file, hash] of [
  ['chrome.yaml', CHROME_JA3],
  ['safari.yaml', SAFARI_JA3],
] as const) {
  t.test(`full corpus: browser-signatures/${file}`, needsCorpus(`browser-signatures/${file}`), async (t) => {
    const documents = corpusText(`browser-signatures/${file}`).split(/^---$/m)
    const seen = new Set<string>()
    for (const text of documents) {
      const document = parseYaml(text) as Signature | null
      if (document?.signature === undefined) continue
      const { ciphersuites, comp_methods, extensions, session_id_length } = document.signature.tls_client_hello
      // A hello holds two GREASE extensions, of different value.
      let grease = 0
      const parts = extensions.map((extension) => {
        const type = TYPES[String(extension['type'])] ?? Number.NaN
        return [extension['type'] === 'GREASE' ? type + 0x1010 * grease++ : type, signatureBody(extension)] as const
      })
      t.notOk(
        parts.some(([type]) => Number.isNaN(type)),
        `${document.name}: every extension is known to the test`,
      )
      const hello = decoded({
        sessionId: new Uint8Array(session_id_length),
        cipherSuites: values(ciphersuites),
        compression: comp_methods,
        extensions: parts,
      })
      t.equal(hello.sni, 'browser.example', document.name)
      t.strictSame(hello.cipherSuites, values(ciphersuites), document.name)
      const named = (type: string) => extensions.find((extension) => extension['type'] === type)
      t.strictSame(hello.alpn, named('application_layer_protocol_negotiation')?.['alpn_list'] ?? [], document.name)
      t.strictSame(hello.signatureAlgorithms, values(named('signature_algorithms')?.['sig_hash_algs'] ?? []), document.name)
      t.strictSame(hello.supportedVersions, values(named('supported_versions')?.['supported_versions'] ?? []), document.name)
      seen.add(ja3(hello) ?? '')
      t.comment(`${document.name} ${ja3(hello)} ${ja4(hello)} ${ja3Text(hello)}`)
    }
    t.ok(seen.has(hash), 'one of them is the well-known JA3 of that browser')
  })
}
