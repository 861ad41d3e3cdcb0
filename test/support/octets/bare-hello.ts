/**
 * bareHello: a ClientHello value that offers one TLS 1.3 suite and nothing else, for tests that need only some of it.
 */

import type { ClientHello } from '../../../src/workers/tls/hello/client-hello.ts'

export function bareHello(fields: Partial<ClientHello> = {}): ClientHello {
  return {
    sni: undefined,
    sniForm: 'absent',
    alpn: [],
    legacyVersion: 0x0303,
    supportedVersions: [],
    cipherSuites: [0x1301],
    extensions: [],
    signatureAlgorithms: [],
    certificateSignatureAlgorithms: [],
    groups: [],
    pointFormats: [],
    keyShareGroups: [],
    sessionIdPresent: false,
    ticketPresent: false,
    pskOffered: false,
    earlyDataOffered: false,
    ocspRequested: false,
    ech: 'absent',
    size: 100,
    ...fields,
  }
}
