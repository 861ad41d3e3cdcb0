/**
 * docs/configuration.md is what the schema says.
 */

import t from 'tap'
import { configurationReference } from '../../../src/shared/options/configuration-reference.ts'
import { keptEqual } from '../../support/kept-equal.ts'

keptEqual(t, 'docs/configuration.md', configurationReference())
