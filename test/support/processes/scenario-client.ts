/**
 * A small client for scenarios, as a process: `scenario-client URL polite | rude | once`. Through the proxy of its environment it asks
 * until it gets a 200, three times at most. The polite one waits as it is told, the rude one 50 ms; the third kind gives up at once.
 * Exit code 0: it got its 200.
 */

import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { ProxyAgent, request } from 'undici'

const ATTEMPTS = 3
const RUDE_WAIT_MS = 50

const [url = '', manners = 'polite'] = process.argv.slice(2)
const ca = readFileSync(process.env['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8')
const dispatcher = new ProxyAgent({ uri: process.env['HTTPS_PROXY'] ?? '', requestTls: { ca } })

async function ask(): Promise<{ readonly status: number; readonly waitMs: number }> {
  const { statusCode, headers, body } = await request(url, { method: 'POST', body: '{}', dispatcher })
  await body.text()
  return { status: statusCode, waitMs: Number(headers['retry-after-ms'] ?? Number(headers['retry-after'] ?? 0) * 1_000) }
}

let isServed = false
for (let attempt = 1; attempt <= ATTEMPTS && !isServed; attempt++) {
  const { status, waitMs } = await ask()
  isServed = status === 200
  console.log(`attempt ${attempt}: ${status}`)
  if (manners === 'once') break
  if (!isServed && attempt < ATTEMPTS) await delay(manners === 'polite' ? waitMs : RUDE_WAIT_MS)
}
await dispatcher.close()
process.exitCode = isServed ? 0 : 1
