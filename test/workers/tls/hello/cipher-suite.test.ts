/**
 * Cipher suites by name in recorded hellos; those without a name by number.
 */

import t from 'tap'
import { cipherSuiteName } from '../../../../src/workers/tls/hello/cipher-suite.ts'
import { decodeClientHello } from '../../../../src/workers/tls/hello/client-hello-decoder.ts'
import { ja3, ja3Text } from '../../../../src/workers/tls/hello/ja3.ts'
import { corpusText, needsCorpus } from '../../../support/corpora/corpora.ts'
import { alpnBody, helloMessage, list16, sniBody, vector8, vector16 } from '../../../support/octets/hello-bytes.ts'

t.test('suites by name, the rest by number', async (t) => {
  t.equal(cipherSuiteName(0x1301), 'TLS_AES_128_GCM_SHA256')
  t.equal(cipherSuiteName(0xc02f), 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')
  t.equal(cipherSuiteName(0x000a), 'TLS_RSA_WITH_3DES_EDE_CBC_SHA')
  t.equal(cipherSuiteName(0x00ff), '0x00ff')
  t.equal(cipherSuiteName(0xfefe), '0xfefe')
})

interface Spec {
  readonly cipher_suites: readonly string[]
  readonly extensions: readonly SpecExtension[]
}
interface SpecExtension {
  readonly name: string
  readonly named_group_list?: readonly string[]
  readonly protocol_name_list?: readonly string[]
  readonly versions?: readonly string[]
}

const GREASE = 0x2a2a
const GROUPS: Readonly<Record<string, number>> = {
  GREASE,
  x25519: 29,
  secp256r1: 23,
  secp384r1: 24,
  secp521r1: 25,
  ffdhe2048: 256,
  ffdhe3072: 257,
}
const TYPES: Readonly<Record<string, number>> = {
  GREASE,
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
  key_share: 51,
  renegotiation_info: 65281,
}

function body(extension: SpecExtension): Uint8Array {
  switch (extension.name) {
    case 'server_name':
      return sniBody('browser.example')
    case 'supported_groups':
      return vector16(list16((extension.named_group_list ?? []).map((name) => GROUPS[name] ?? 0)))
    case 'ec_point_formats':
      return vector8([0])
    case 'application_layer_protocol_negotiation':
      return alpnBody(...(extension.protocol_name_list ?? []))
    case 'supported_versions':
      return vector8(list16((extension.versions ?? []).map((name) => (name === 'GREASE' ? GREASE : 0x0300 + 1 + Number(name.slice(-1))))))
    case 'signature_algorithms':
    case 'key_share':
      return vector16([])
    default:
      return new Uint8Array(0)
  }
}

/** The hashes under which these two are publicly known; the second is also that of Safari 15.3 in browser-signatures. */
for (const [file, hash] of [
  ['ClientHello-JSON-Firefox105.json', '579ccef312d18482fc42e2b822ca2430'],
  ['ClientHello-JSON-iOS14.json', '656b9a2f4de6ed4909e157482860ab3d'],
] as const) {
  t.test(`full corpus: utls-hellos/${file}`, needsCorpus(`utls-hellos/${file}`), async (t) => {
    const numbers = new Map(Array.from({ length: 0x10000 }, (_, suite) => [cipherSuiteName(suite), suite]))
    const spec = JSON.parse(corpusText(`utls-hellos/${file}`)) as Spec
    const cipherSuites = spec.cipher_suites.map((name) => (name === 'GREASE' ? GREASE : (numbers.get(name) ?? 0)))
    t.notOk(cipherSuites.includes(0), 'every suite has its name in the table')
    t.notOk(
      spec.extensions.some(({ name }) => TYPES[name] === undefined),
      'every extension is known to the test',
    )
    const message = helloMessage({
      cipherSuites,
      extensions: spec.extensions.map((extension) => [TYPES[extension.name] ?? 0, body(extension)]),
    })
    const hello = decodeClientHello(message, 4, message.length)
    if ('code' in hello) t.fail(hello.code)
    else t.equal(ja3(hello), hash, ja3Text(hello))
  })
}
