/**
 * What `explain` says and what the engine does are the same: random policies, random requests through a real engine, and what becomes
 * of each as its client sees it.
 */

import fc from 'fast-check'
import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { type ExplainFacts, explainPolicy } from '../../../src/shared/policy/explain-policy.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { fieldSectionOf } from '../../support/octets/field-section-of.ts'
import { openProxy, openSecure } from '../../support/proxy-client.ts'
import { ORIGIN_ROOT, startHttpsOrigin } from '../../support/test-origin.ts'

/** Below 10 s on an idle machine. */
t.setTimeout(600_000)

const POLICIES = 60
const REQUESTS_EACH = 4
/** Fixed, so that a failure comes again. */
const SEED = 6

const HOSTS = ['localhost', '127.0.0.1'] as const
const NAMES = ['localhost', 'other.test', 'api.other.test'] as const
const PATHS = ['/v1/messages', '/%761/messages?x', '/a/../v1/messages', '//v1/messages', '/v2', 'http://else.test/v1/messages'] as const
const AGENTS = ['robot', 'human'] as const

const subset = <Value>(values: readonly Value[]) => fc.constantFrom(...values)
const match = fc.record(
  {
    host: subset(['localhost', '127.0.0.0/8', '.other.test', '*.other.test', '*.test', 'l*st', 'absent.test', 'else.test']),
    port: subset<string | number>(['1-65535', 1, '1-1023']),
    client: subset(['127.0.0.0/8', '::1']),
    sni: subset(['other.test', '*.other.test', 'localhost']),
    method: subset(['GET', 'POST']),
    path: subset(['/v1/messages', '/v1/*', 're:^/v[12]', '/v1/messages?x', '*']),
    protocol: subset(['http1', 'http2', 'ws'] as const),
    field: fc.record({ 'user-agent': subset(['robot', '*man', '*']) }),
  },
  { requiredKeys: [], noNullPrototype: true },
)
const rule = fc
  .record({ match, action: subset(['block', 'tunnel', 'intercept', 'block', undefined] as const) })
  .map(({ match, action }) => (action === undefined ? { match, capture: { body_bytes: 1 } } : { match, action }))
const policy = fc.record({
  rules: fc.array(rule, { minLength: 1, maxLength: 6 }),
  default_action: subset(['intercept', 'intercept', 'tunnel', 'block'] as const),
  ignore_hosts: subset<string[]>([[], [], ['api.other.test']]),
})
const request = fc.record({
  host: subset(HOSTS),
  sni: subset(NAMES),
  method: subset(['GET', 'POST']),
  path: subset(PATHS),
  agent: subset(AGENTS),
})

interface Asked {
  readonly host: string
  readonly sni: string
  readonly method: string
  readonly path: string
  readonly agent: string
}

/** What the client saw: which action, and where. */
type Seen = `${'block' | 'tunnel' | 'intercept'} at ${'connect' | 'client_hello' | 'request'}`

function explained(options: EngineOptionsInput, { host, sni, method, path, agent }: Asked, port: number): Seen {
  const fields = fieldSectionOf('Host: localhost', `User-Agent: ${agent}`)
  const facts: ExplainFacts = {
    host,
    port,
    client: '127.0.0.1',
    nowMs: Date.now(),
    isTls: true,
    sni,
    method,
    path,
    transport: 'http1',
    fields,
  }
  const phases = explainPolicy(parseOptions(options), facts)
  const last = phases.at(-1)
  if (last?.action === 'block') return `block at ${last.phase}`
  // A tunnel at a request is a connection that is intercepted: metadata only.
  if (last?.action === 'tunnel' && last.phase !== 'request') return 'tunnel at client_hello'
  return 'intercept at request'
}

async function seen(harness: EngineHarness, asked: Asked, port: number): Promise<Seen> {
  const refused = openProxy(harness.proxyPort)
  const authority = `${asked.host}:${port}`
  refused.socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  await refused.has('\r\n\r\n')
  refused.socket.destroy()
  if (refused.text.startsWith('HTTP/1.1 403')) return 'block at connect'
  const trusted = `${harness.caPem}\n${ORIGIN_ROOT.certificatePem}`
  const options = { servername: asked.sni, checkServerIdentity: () => undefined }
  const client = await openSecure(harness.proxyPort, authority, trusted, options).catch((error: Error) => error)
  if (client instanceof Error) {
    if (!/alert access denied/i.test(client.message)) throw client
    return 'block at client_hello'
  }
  const issuer = (client.socket as unknown as { getPeerCertificate(): { issuer: { CN: string } } }).getPeerCertificate().issuer.CN
  if (issuer === 'origin root') {
    client.socket.destroy()
    return 'tunnel at client_hello'
  }
  client.socket.write(
    `${asked.method} ${asked.path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ${asked.agent}\r\nContent-Length: 0\r\n\r\n`,
  )
  await client.has('\r\n\r\n')
  client.socket.destroy()
  return client.text.startsWith('HTTP/1.1 403') ? 'block at request' : 'intercept at request'
}

t.test('random policies', async (t) => {
  const origin = await startHttpsOrigin((_asked, response) => void response.end('through'))
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { upstream: { verify: false } })
  const met = new Map<Seen, number>()
  for (const options of fc.sample(policy, { numRuns: POLICIES, seed: SEED })) {
    await harness.engine.reload({ ...harness.options, ...options })
    for (const asked of fc.sample(request, { numRuns: REQUESTS_EACH, seed: SEED + met.size })) {
      const expected = explained(options, asked, origin.port)
      const found = await seen(harness, asked, origin.port)
      if (found !== expected) t.equal(found, expected, JSON.stringify({ options, asked }))
      met.set(found, (met.get(found) ?? 0) + 1)
    }
  }
  t.equal(
    [...met.values()].reduce((sum, count) => sum + count, 0),
    POLICIES * REQUESTS_EACH,
  )
  t.equal(met.size, 5, `all that can be: ${JSON.stringify([...met])}`)
})
