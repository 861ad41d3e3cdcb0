/** ProfileLibrary: every shipped profile is sound and true to its service's form; users' files stand beside and before them. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ProfileLibrary } from '../../../../src/shared/faults/profiles/profile-library.ts'
import type { FaultOf } from '../../../../src/shared/faults/schema/fault-schema.ts'
import { REPOSITORY } from '../../../support/kept-equal.ts'

const library = new ProfileLibrary()
const PROMISED = ['anthropic', 'aws', 'flaky-network', 'gemini', 'generic-http', 'mcp', 'openai']

/** The `respond` faults of all entries of a profile. */
function responses(name: string): (readonly [entry: string, fault: FaultOf<'respond'>])[] {
  return Object.entries(library.profile(name).entries).flatMap(([entry, { fault }]) =>
    fault.flatMap((each) => (each.kind === 'respond' ? [[entry, each] as const] : [])),
  )
}

t.test('shipped: each is sound, named as its file, has a default that is an entry, and is in the package', async (t) => {
  t.same(library.names, PROMISED)
  t.same(
    readdirSync(`${REPOSITORY}profiles`).sort(),
    PROMISED.map((name) => `${name}.yaml`),
  )
  for (const name of library.names) {
    t.equal(library.profile(name).profile, name)
    t.ok(library.find(name).faults.length > 0, `${name} by itself`)
  }
  const { files } = JSON.parse(readFileSync(`${REPOSITORY}package.json`, 'utf8')) as { files: string[] }
  t.ok(files.includes('profiles'))
})

t.test('anthropic: all statuses of its error reference, each with its own type, ids that agree, and orders for the SDKs', async (t) => {
  const types: Readonly<Record<string, string>> = {
    400: 'invalid_request_error',
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    409: 'conflict_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    500: 'api_error',
    504: 'timeout_error',
    529: 'overloaded_error',
  }
  for (const status of Object.keys(types)) t.equal(library.find(`anthropic:${status}`).faults[0]?.kind, 'respond', status)
  for (const [entry, { status, body, fields }] of responses('anthropic')) {
    t.match(body, { type: 'error', error: { type: types[status], message: /./ } }, entry)
    t.equal((body as { request_id: string }).request_id, fields['request-id'], `${entry}: ids`)
    if (entry === String(status)) t.equal(library.find(`anthropic:${entry}`).faults.length, 1)
  }
  t.match(library.find('anthropic:429').faults, [{ fields: { 'retry-after': '2' } }])
  t.match(library.find('anthropic:429-ms').faults, [{ fields: { 'retry-after-ms': '600', 'retry-after': '5' } }])
  t.match(library.find('anthropic:sse-overloaded').faults, [{ kind: 'sse', action: 'error_event', type: 'error' }])
  t.match(library.find('anthropic:sse-no-message-stop').faults, [{ kind: 'sse_drop_type', type: 'message_stop' }])
  t.match(library.find('anthropic:sse-stall').faults, [{ kind: 'sse', action: 'stall', for_ms: 0 }])
})

t.test('openai, gemini, mcp: bodies of their form', async (t) => {
  for (const [entry, { body, content_type }] of responses('openai')) {
    if (content_type === 'text/html') continue
    t.strictSame(Object.keys((body as { error: object }).error).sort(), ['code', 'message', 'param', 'type'], `openai:${entry}`)
  }
  for (const [entry, { status, body }] of responses('gemini'))
    t.match(body, { error: { code: status, status: /^[A-Z_]+$/ } }, `gemini:${entry}`)
  for (const [entry, { status, body }] of responses('mcp'))
    if (status !== 401 && status !== 403 && status !== 503)
      t.match(body, { jsonrpc: '2.0', error: { code: Number }, id: null }, `mcp:${entry}`)
})

t.test('events inside of streams hold JSON', async (t) => {
  for (const name of library.names)
    for (const [entry, { fault }] of Object.entries(library.profile(name).entries))
      for (const each of fault)
        if (each.kind === 'sse' && each.action === 'error_event')
          t.match(JSON.parse(each.data), { error: { message: /./ } }, `${name}:${entry}`)
})

t.test('unknown names', async (t) => {
  t.throws(() => library.find('antropic:529'), { name: 'ConfigError', message: /no profile "antropic"; did you mean "anthropic"\?/ })
  t.throws(() => library.find('anthropic:528'), {
    name: 'ConfigError',
    message: /no entry "528" in the profile "anthropic"; did you mean "529"\?/,
  })
  t.throws(() => library.find('constructor'), { name: 'ConfigError' })
  t.throws(() => library.find('anthropic:constructor'), { name: 'ConfigError' })
  t.throws(() => library.find('qqqqqqqqqq'), { message: /known here: anthropic, aws/ })
})

t.test('of the user', async (t) => {
  const directory = t.testdir()
  const write = (file: string, profile: string): string => {
    const path = join(directory, file)
    writeFileSync(path, `profile: ${profile}\ndoc: Mine.\nentries:\n  only: { doc: The only one., fault: { kind: refuse } }\n`)
    return path
  }
  const own = new ProfileLibrary([write('mine.yaml', 'mine'), write('mcp.yaml', 'mcp')])
  t.same(own.names, [...PROMISED, 'mine'].sort())
  t.match(own.find('mcp:only'), { name: 'mcp:only', doc: 'The only one.', faults: [{ kind: 'refuse' }] }, 'in the place of the shipped one')
  t.throws(() => own.find('mine'), { message: /no entry that is meant by itself; name one: mine:only/ })
  t.throws(() => new ProfileLibrary([write('a.yaml', 'x'), write('b.yaml', 'x')]), {
    name: 'ConfigError',
    message: /profile: there is a profile "x" in an earlier file/,
  })
})
