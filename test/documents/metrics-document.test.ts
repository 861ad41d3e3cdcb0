/** docs/metrics.md is what the table of metrics says. */

import t from 'tap'
import { keptEqual } from '../support/kept-equal.ts'
import { metricsDocument } from './metrics-document.ts'

keptEqual(t, 'docs/metrics.md', metricsDocument())
