/** docs/errors.md is what the registries say. */

import t from 'tap'
import { keptEqual } from '../support/kept-equal.ts'
import { errorsDocument } from './errors-document.ts'

keptEqual(t, 'docs/errors.md', errorsDocument())
