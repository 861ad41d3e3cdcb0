/**
 * Which answers to Sec-WebSocket-Extensions agree to permessage-deflate, and which are violations (RFC 7692 §7.1).
 */

import t from 'tap'
import { NO_EXTENSIONS, parseExtensions } from '../../../../src/workers/layers/websocket/extensions.ts'

const agreed = (clientNoTakeover: boolean, serverNoTakeover: boolean, clientBits = 15, serverBits = 15) => ({
  deflate: { noContextTakeover: [clientNoTakeover, serverNoTakeover], maxWindowBits: [clientBits, serverBits] },
  unknown: false,
})
const refused = { deflate: undefined, unknown: true }

t.test('what a response agreed to (RFC 7692 §7.1)', async (t) => {
  const cases: [string | undefined, object][] = [
    [undefined, NO_EXTENSIONS],
    ['', NO_EXTENSIONS],
    [' , ', NO_EXTENSIONS],
    ['permessage-deflate', agreed(false, false)],
    ['Permessage-Deflate; Server_No_Context_Takeover', agreed(false, true)],
    ['permessage-deflate; server_no_context_takeover; client_no_context_takeover', agreed(true, true)],
    ['permessage-deflate ;client_max_window_bits=10; server_max_window_bits = "8"', agreed(false, false, 10, 8)],
    ['permessage-deflate; client_max_window_bits', refused],
    ['permessage-deflate; client_max_window_bits=16', refused],
    ['permessage-deflate; client_max_window_bits=7', refused],
    ['permessage-deflate; client_max_window_bits=010', refused],
    ['permessage-deflate; server_no_context_takeover=1', refused],
    ['permessage-deflate; server_no_context_takeover; server_no_context_takeover', refused],
    ['permessage-deflate; foo', refused],
    ['permessage-deflate; =', refused],
    ['permessage-bzip2', refused],
    ['permessage-deflate, foo', { ...agreed(false, false), unknown: true }],
    ['permessage-deflate, permessage-deflate', { ...agreed(false, false), unknown: true }],
    ['a'.repeat(10_000), refused],
  ]
  for (const [value, expected] of cases) t.same(parseExtensions(value), expected, String(value).slice(0, 60))
})
