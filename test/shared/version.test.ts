/** Mirror test of `src/shared/version.ts`. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { VERSION } from '../../src/shared/version.ts'
import { REPOSITORY } from '../support/kept-equal.ts'

t.equal(VERSION, JSON.parse(readFileSync(`${REPOSITORY}package.json`, 'utf8')).version)
