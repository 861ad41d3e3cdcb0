/**
 * The registry of violations: every protocol's table, joined.
 *
 * A protocol joins with one line here; `docs/errors.md` and its test follow. No thread of its own.
 */

import { connectViolations } from './connect.ts'
import { GRPC_VIOLATIONS } from './grpc.ts'
import { HPACK_VIOLATIONS } from './hpack.ts'
import { HTTP2_VIOLATIONS } from './http2.ts'
import type { Violation } from './violation.ts'

export const VIOLATION_TABLES: Readonly<Record<string, Readonly<Record<string, Violation>>>> = {
  connect: connectViolations,
  http2: HTTP2_VIOLATIONS,
  hpack: HPACK_VIOLATIONS,
  grpc: GRPC_VIOLATIONS,
}
