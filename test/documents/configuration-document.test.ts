/** docs/configuration.md is what the schema says. */

import t from 'tap'
import { keptEqual } from '../support/kept-equal.ts'
import { configurationDocument } from './configuration-document.ts'

keptEqual(t, 'docs/configuration.md', configurationDocument())
