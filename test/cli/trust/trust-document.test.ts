/**
 * docs/trust.md is what the trust table says.
 */

import t from 'tap'
import { trustDocument } from '../../../src/cli/trust/trust-document.ts'
import { keptEqual } from '../../support/kept-equal.ts'

keptEqual(t, 'docs/trust.md', trustDocument())
