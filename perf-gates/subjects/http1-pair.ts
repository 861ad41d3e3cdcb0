/**
 * A small request with its response through the HTTP/1.1 layer, with a handler that keeps nothing.
 */

import { CLIENT, ORIGIN } from '../../src/shared/side.ts'
import type { HttpHandler } from '../../src/workers/layers/http/http-handler.ts'
import { Http1Layer } from '../../src/workers/layers/http1/http1-layer.ts'
import { Plan } from '../../src/workers/layers/plan.ts'
import type { Subject } from './subject.ts'

const BATCH = 500
const GET = Buffer.from('GET /v1/things?id=42 HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n')
const OK = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\nDate: Sat, 21 Nov 2026 22:00:00 GMT\r\n\r\n{"ok": true}\n',
)

const SILENT: HttpHandler = {
  onRequestHead: () => undefined,
  onRequestBody: () => {},
  onRequestTrailers: () => {},
  onRequestEnd: () => {},
  onInformational: () => {},
  onResponseHead: () => undefined,
  onResponseBody: () => {},
  onResponseTrailers: () => {},
  onResponseEnd: () => {},
  onExchangeEnd: () => {},
  onUpgrade: () => {},
  onViolation: (_exchange, _side, { code }) => {
    throw new Error(`the gate's own message is bad: ${code}`)
  },
}

export function http1Pair(): Subject {
  const layer = new Http1Layer({ handler: SILENT })
  const plan = new Plan()
  return {
    run: () => {
      for (let n = 0; n < BATCH; n++) {
        layer.execute(CLIENT, GET, plan)
        layer.execute(ORIGIN, OK, plan)
      }
      return BATCH
    },
  }
}
