/**
 * An origin of Server-Sent Events: on each connection one event per period, which carries the moment at which it was sent.
 *
 * argv: certificate file, key file, `asked` to speak only when asked to (`speak`, a number of rounds).
 */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { serve } from '../../bench/support/child.ts'
import { Speaker } from './speaker.ts'

const [certFile = '', keyFile = '', when] = process.argv.slice(2)
const PERIOD_MS = 1_000
const PADDING = 'x'.repeat(200)
const speaker = new Speaker(PERIOD_MS, when !== 'asked')

const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.flushHeaders()
  let id = 0
  const leave = speaker.add(() => response.write(`id: ${id++}\ndata: ${process.hrtime.bigint()} ${PADDING}\n\n`))
  response.on('close', leave)
})
server.listen(0, '127.0.0.1', () =>
  serve({ port: (server.address() as AddressInfo).port }, { speak: (rounds: number) => speaker.speak(rounds) }),
)
