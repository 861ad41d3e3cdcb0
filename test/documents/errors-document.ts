/**
 * errorsDocument: docs/errors.md, written from the registries of violations and refusals.
 */

import type { Refusal } from '../../src/shared/refusals/refusal.ts'
import { refusals } from '../../src/shared/refusals/registry.ts'
import { VIOLATION_TABLES } from '../../src/shared/violations/registry.ts'
import type { Violation } from '../../src/shared/violations/violation.ts'
import { markdownTable } from './markdown-table.ts'

const PREAMBLE = `# Errors

Every code that soth-mitm reports, written from the registries and kept equal to them by a test (\`SOTH_WRITE_DOCS=1 npm test\`).
Codes are stable: they are in events, in metric labels and in the body of the proxy's own answers.

A **violation** is a broken rule in the bytes that were read; a **refusal** is a well-formed request that got no answer from the
origin. Status is what the client gets where an answer is still possible (\`–\`: where none is). The proxy's own answers are plain
text, or JSON where \`Accept\` prefers it, end the connection, and carry \`Proxy-Status\` (RFC 9209) with the code as its details.

Inside of TLS they come in the HTTP that the client speaks. A client that offers HTTP/2 alone (gRPC, prior knowledge) is greeted in HTTP/2
although there is no origin: each request of its connection gets the response, then GOAWAY ends it, so that the next one is for the origin
anew. Where an origin breaks off with an alert behind the handshake, streams that have got nothing get the response, streams that have got
some of one RST_STREAM with INTERNAL_ERROR. Calls of gRPC and gRPC-Web are answered by a status without messages, the one that their clients
make of the HTTP status (502, 503, 504, 429: UNAVAILABLE; 403: PERMISSION_DENIED; 401: UNAUTHENTICATED; 404: UNIMPLEMENTED; 400: INTERNAL;
else UNKNOWN), because of a body that is not gRPC's they read nothing: the message, remedy, code, target and detail stand in
\`grpc-message\`. A rule's own body is sent as it is.
`

export function errorsDocument(): string {
  const sections = Object.entries(VIOLATION_TABLES).map(
    ([name, table]) => `## Violations: ${name}\n\n${violationRows(Object.values(table))}\n`,
  )
  return [PREAMBLE, ...sections, `## Refusals\n\n${refusalRows(Object.values(refusals))}\n`].join('\n')
}

function violationRows(violations: readonly Violation[]): string {
  const rows = violations.map((one) => {
    const meaning = one.remedy === undefined ? one.message : `${one.message} ${one.remedy}`
    return [`\`${one.code}\``, status(one.status), one.atFault, one.rule, meaning]
  })
  return markdownTable([['code', 'status', 'at fault', 'rule', 'meaning, remedy'], ...rows])
}

function refusalRows(all: readonly Refusal[]): string {
  const rows = all.map((one) => [`\`${one.code}\``, status(one.status), one.atFault, one.proxyError, `${one.message} ${one.remedy}`])
  return markdownTable([['code', 'status', 'at fault', 'proxy error', 'meaning, remedy'], ...rows])
}

function status(value: number): string {
  return value === 0 ? '–' : String(value)
}
