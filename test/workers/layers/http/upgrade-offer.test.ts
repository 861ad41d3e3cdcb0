/** offersUpgrade: any line, any place in it, any case; whole names only. */

import t from 'tap'
import { offersUpgrade } from '../../../../src/workers/layers/http/upgrade-offer.ts'
import { fieldSectionOf } from '../../../support/octets/field-section-of.ts'

t.test('what is offered, and what is not', (t) => {
  for (const lines of [['Upgrade: h2c'], ['upgrade: websocket,  H2C '], ['Upgrade: foo', 'X: y', 'Upgrade: bar, h2c']]) {
    t.ok(offersUpgrade(fieldSectionOf(...lines), 'h2c'), lines.join(' | '))
  }
  for (const lines of [['Upgrade: h2'], ['Upgrade: h2c2'], ['X-Upgrade: h2c'], ['Connection: h2c'], ['Upgrade:']]) {
    t.notOk(offersUpgrade(fieldSectionOf(...lines), 'h2c'), lines.join(' | '))
  }
  t.end()
})
