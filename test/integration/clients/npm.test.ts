/**
 * npm itself installs a package from its registry through the engine. Skipped, with the reason, offline.
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { request } from 'undici'
import { EngineHarness } from '../../support/engine-harness.ts'
import { lacks, runCommand } from '../../support/run-command.ts'

const PACKAGE = 'ms'
const PROBE_DEADLINE_MS = 4_000

/** Where npm gets its packages from, or why this test cannot be. */
async function registry(): Promise<{ readonly url: string } | { readonly skip: string }> {
  const missing = lacks('npm')
  if (missing !== false) return { skip: missing }
  const { stdout } = await runCommand('npm', ['config', 'get', 'registry'])
  const url = stdout.trim()
  if (!URL.canParse(url)) return { skip: 'npm names no registry' }
  if (!url.startsWith('https:')) return { skip: 'the registry is not served over TLS' }
  try {
    const { body } = await request(new URL(PACKAGE, url), { method: 'HEAD', signal: AbortSignal.timeout(PROBE_DEADLINE_MS) })
    await body.dump()
    return { url }
  } catch {
    return { skip: 'the registry of npm cannot be reached from here' }
  }
}

const found = await registry()
t.setTimeout(600_000)
t.test('npm install', { skip: 'skip' in found ? found.skip : false }, async (t) => {
  const harness = await EngineHarness.start(t, { workers: 2 })
  const folder = join(harness.directory, 'project')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "version": "1.0.0", "private": true }')
  const result = await runCommand(
    'npm',
    [
      'install',
      PACKAGE,
      '--no-audit',
      '--no-fund',
      '--no-update-notifier',
      '--ignore-scripts',
      '--cache',
      join(harness.directory, 'cache'),
    ],
    {
      cwd: folder,
      env: {
        HTTPS_PROXY: harness.proxyUrl,
        HTTP_PROXY: harness.proxyUrl,
        NO_PROXY: '',
        NODE_EXTRA_CA_CERTS: harness.caFile,
        // A file in this machine's own configuration would stand in the place of Node's roots and of what is added to them.
        npm_config_cafile: harness.caFile,
      },
      deadlineMs: 180_000,
    },
  )
  t.equal(result.code, 0, result.stderr) || t.comment(harness.events.map((event) => `${event.flow_id} ${event.event}`).join(', '))
  t.ok(existsSync(join(folder, 'node_modules', PACKAGE, 'package.json')))
  await harness.checkLaws(t, 1)
  t.ok(harness.named('request_headers').length >= 2, 'metadata and tarball were seen')
})
