/**
 * The registry of violations: the tables of this folder, joined, in the order in which a connection can break them.
 *
 * A protocol joins with one line here, which a test asks for; docs/errors.md follows. No thread of its own.
 */

import { CLIENT_HELLO_VIOLATIONS } from './client-hello.ts'
import { CONNECT_VIOLATIONS } from './connect.ts'
import { GRPC_VIOLATIONS } from './grpc.ts'
import { HPACK_VIOLATIONS } from './hpack.ts'
import { HTTP1_VIOLATIONS } from './http1.ts'
import { HTTP2_VIOLATIONS } from './http2.ts'
import { TLS_RECORD_VIOLATIONS } from './tls-record.ts'
import type { Violation } from './violation.ts'
import { WEBSOCKET_VIOLATIONS } from './websocket.ts'

/** By the prefix of their codes. */
export const VIOLATION_TABLES: Readonly<Record<string, Readonly<Record<string, Violation>>>> = {
  connect: CONNECT_VIOLATIONS,
  client_hello: CLIENT_HELLO_VIOLATIONS,
  tls_record: TLS_RECORD_VIOLATIONS,
  http1: HTTP1_VIOLATIONS,
  http2: HTTP2_VIOLATIONS,
  hpack: HPACK_VIOLATIONS,
  websocket: WEBSOCKET_VIOLATIONS,
  grpc: GRPC_VIOLATIONS,
}
