/**
 * What is told of a ClientHello, in the words of the event schema. Worker thread.
 */

import type { EventInput } from '../../shared/events/event-input.ts'
import type { ClientHello } from './client-hello.ts'
import { ja3 } from './ja3.ts'
import { ja4 } from './ja4.ts'
import { offeredVersions } from './tls-version.ts'

/** The fields of `tls_client_hello`. */
export function helloFacts(hello: ClientHello): EventInput<'tls_client_hello'> {
  return {
    sni: hello.sni,
    alpn: hello.alpn,
    versions: offeredVersions(hello),
    ja3: ja3(hello),
    ja4: ja4(hello),
    ech: hello.ech !== 'absent',
    size: hello.size,
  }
}
