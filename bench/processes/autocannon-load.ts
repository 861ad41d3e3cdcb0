/**
 * autocannon behind a CONNECT shim, as one process: it speaks TLS to the origin's name through whatever proxy the shim leads to.
 *
 * argv: file of trusted roots. Asked `run` with { route, servername, connections, amount, path }.
 */

import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'
import { serve } from '../support/child.ts'
import { ConnectShim } from '../support/connect-shim.ts'
import type { Route } from '../support/tunnel.ts'

export interface CannonRun {
  readonly route: Route
  readonly servername: string
  readonly connections: number
  readonly amount: number
  readonly path: string
}

export interface CannonOutcome {
  readonly done: number
  readonly failed: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const ca = readFileSync(process.argv[2] ?? '')

async function run({ route, servername, connections, amount, path }: CannonRun): Promise<CannonOutcome> {
  const shim = await ConnectShim.open(route)
  try {
    const result = await autocannon({
      url: `https://127.0.0.1:${shim.port}${path}`,
      connections,
      amount,
      headers: { host: servername },
      servername,
      tlsOptions: { ca },
    })
    return {
      done: result['2xx'],
      failed: result.errors + result.timeouts + result.non2xx + shim.refused,
      p50Ms: result.latency.p50,
      p99Ms: result.latency.p99,
    }
  } finally {
    await shim.close()
  }
}

serve('ready', { run })
