/** docs/trust.md is what the trust table says. */

import t from 'tap'
import { keptEqual } from '../support/kept-equal.ts'
import { trustDocument } from './trust-document.ts'

keptEqual(t, 'docs/trust.md', trustDocument())
