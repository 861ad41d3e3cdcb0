/**
 * Packages that only tests of the whole need, installed apart (`test/clients/`), so that the engine's own lock file stays small:
 * `npm ci --prefix test/clients`. Where they are not installed, tests skip and say so.
 */

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { REPOSITORY } from '../kept-equal.ts'

const FOLDER = `${REPOSITORY}test/clients/`
const require = createRequire(`${FOLDER}package.json`)

/** Why tests that need them are skipped; false: they are there. */
export const NO_FOREIGN_PACKAGES: string | false = existsSync(`${FOLDER}node_modules`)
  ? false
  : 'not installed: npm ci --prefix test/clients'

/** The module `name`, as its own package says it is imported. `T` is what the test uses of it. */
export async function importForeign<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(require.resolve(name)).href)) as T
}
