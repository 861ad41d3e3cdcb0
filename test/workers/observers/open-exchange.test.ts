/** OpenExchange: a record that is used again has nothing of the exchange before. */

import t from 'tap'
import { NO_CODE, OpenExchange } from '../../../src/workers/observers/open-exchange.ts'

const METADATA = { captureBodyBytes: 0, observe: 'metadata' } as const
const BODIES = { captureBodyBytes: 9, observe: 'bodies' } as const

const open = new OpenExchange(METADATA)
open.open(1, 'GET', 2, 100, BODIES)
open.extensions = 'x'
open.subprotocol = 'y'
open.violation = 'z'
open.settling = true
open.bytesClient = open.bytesOrigin = open.status = 5
open.ttfbMs = 1
open.relabel()
t.equal(open.protocol, 2, 'nothing reads its bodies: the label stays')
open.close('client_reset', 8, 150)
t.match(open, { closeReason: 'client_reset', code: 8, durationMs: 50 })
t.equal(open.options, BODIES)
open.open(3, 'POST', 0, 200, METADATA)
t.equal(open.options, METADATA)
t.match(open, { exchange: 3, method: 'POST', protocol: 0, isOpen: true, settling: false, bytesClient: 0, bytesOrigin: 0, status: 0 })
for (const field of ['extensions', 'subprotocol', 'violation', 'payloads', 'websocket'] as const) t.equal(open[field], undefined, field)
t.ok(Number.isNaN(open.ttfbMs))
open.close('completed', NO_CODE, 200)
t.equal(open.code, -1)
