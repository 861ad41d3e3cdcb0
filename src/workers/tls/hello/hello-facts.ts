/**
 * What is told of a ClientHello, in the words of the event schema. Worker thread.
 */

import type { EventInput } from '../../../shared/events/record/event-input.ts'
import type { ClientHello } from './client-hello.ts'
import { fingerprints } from './fingerprints.ts'
import { offeredVersions } from './tls-version.ts'

/** The fields of `tls_client_hello`. */
export function helloFacts(hello: ClientHello): EventInput<'tls_client_hello'> {
  const { ja3, ja4 } = fingerprints(hello)
  return {
    sni: hello.sni,
    alpn: hello.alpn,
    versions: offeredVersions(hello),
    ja3,
    ja4,
    ech: hello.ech !== 'absent',
    size: hello.size,
  }
}
