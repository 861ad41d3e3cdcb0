/**
 * Headless Chromium through the engine: a page, its script and what that fetches, from an origin whose certificate only the
 * engine trusts. Skipped, with the reason, where there is no Chromium.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { EngineHarness } from '../support/engine-harness.ts'
import { servePages } from '../support/page-origin.ts'
import { lacks, runCommand } from '../support/run-command.ts'
import { startHttpOrigin, startHttpsOrigin } from '../support/test-origin.ts'

/** By the name of the package of each distribution. */
const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome']
const command = COMMANDS.find((name) => lacks(name) === false)
/** The rest of the start, on a busy machine. */
const DEADLINE_MS = 180_000

/** NSS's tool has no version flag, and takes a call for help for a failure. */
const reason =
  command === undefined ? 'Chromium is not installed' : lacks('certutil', '-H', 1) && 'certutil (libnss3-tools) is not installed'

t.setTimeout(600_000)
t.test('Chromium', { skip: reason }, async (t) => {
  const secure = await startHttpsOrigin(servePages)
  const clear = await startHttpOrigin(servePages)
  t.teardown(() => Promise.all([secure.close(), clear.close()]))
  const harness = await EngineHarness.start(t, { workers: 2 })
  // Chromium on Linux trusts what lies in this store of its user; the origins' root is in none.
  const store = join(harness.directory, '.pki/nssdb')
  mkdirSync(store, { recursive: true })
  await runCommand('certutil', ['-d', `sql:${store}`, '-N', '--empty-password'])
  await runCommand('certutil', ['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', 'soth-mitm', '-i', harness.caFile])
  const load = (url: string, profile: string) =>
    runCommand(
      command ?? '',
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
        `--user-data-dir=${join(harness.directory, profile)}`,
        `--proxy-server=${harness.proxyUrl}`,
        '--proxy-bypass-list=<-loopback>',
        '--virtual-time-budget=4000',
        '--dump-dom',
        url,
      ],
      { env: { HOME: harness.directory }, deadlineMs: DEADLINE_MS },
    )
  const page = await load(`https://localhost:${secure.port}/`, 'secure')
  t.match(page.stdout, /<title>ran<\/title>[\s\S]*json true/, 'page, script and data have come')
  const plain = await load(`http://localhost:${clear.port}/`, 'clear')
  t.match(plain.stdout, /<title>ran<\/title>[\s\S]*json true/)
  await harness.settled(1)
  const paths = harness.named('request_headers').map((event) => event.path)
  for (const path of ['/', '/script.js', '/data.json'])
    t.ok(paths.includes(path) && paths.includes(`http://localhost:${clear.port}${path}`), path)
  await harness.checkLaws(t, 1)
})
