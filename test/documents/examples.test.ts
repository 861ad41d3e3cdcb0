/**
 * The examples in the pages are accepted by what they are for: configurations, rules, fault profiles, scenarios, `--fault`; those for
 * other programs are YAML.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { loadScenario } from '../../src/cli/scenario/load-scenario.ts'
import { parseFaultText } from '../../src/shared/faults/fault-text.ts'
import { loadProfile } from '../../src/shared/faults/profiles/load-profile.ts'
import { ProfileLibrary } from '../../src/shared/faults/profiles/profile-library.ts'
import { loadConfigFile } from '../../src/shared/options/document/load-config-file.ts'
import { parseOptions } from '../../src/shared/options/parse-options.ts'
import { markdownPages } from './markdown-page.ts'

const directory = mkdtempSync(join(tmpdir(), 'soth-examples-'))
t.teardown(() => rmSync(directory, { recursive: true }))
const file = join(directory, 'example.yaml')

/** Reads an example as what its first lines say that it is; throws a ConfigError where it is not accepted. */
function load(yaml: string): unknown {
  writeFileSync(file, yaml.startsWith('- ') ? `rules:\n${yaml.replaceAll(/^/gm, '  ')}` : yaml)
  if (isProfile(yaml)) return loadProfile(file)
  if (/^phases:/m.test(yaml)) return loadScenario(file, parseOptions({}))
  // Prometheus' own, of which we know no more than that it is YAML.
  if (/^scrape_configs:/m.test(yaml)) return parse(yaml)
  return loadConfigFile(file)
}

function isProfile(yaml: string): boolean {
  return /^profile:/m.test(yaml)
}

const pages = markdownPages()

t.test('YAML', async (t) => {
  const examples = pages.flatMap((page) => page.yaml().map((yaml, n) => [`${page.path}, block ${n + 1}`, yaml] as const))
  t.ok(examples.length > 8, `${examples.length} examples`)
  for (const [name, yaml] of examples) t.doesNotThrow(() => load(yaml), name)
})

t.test('--fault', async (t) => {
  const profiles = pages.flatMap((page) => page.yaml().filter(isProfile))
  const files = profiles.map((yaml, n) => {
    const path = join(directory, `profile-${n}.yaml`)
    writeFileSync(path, yaml)
    return path
  })
  const library = new ProfileLibrary(files)
  const examples = pages.flatMap((page) => page.faultTexts().map((text) => [page.path, text] as const))
  t.ok(examples.length > 5, `${examples.length} examples`)
  for (const [path, text] of examples) t.doesNotThrow(() => parseFaultText(text, library), `${path}: ${text}`)
})
