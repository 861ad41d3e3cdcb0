/**
 * nearestName: typing mistakes are found, strangers are not, and long input costs nothing.
 */

import t from 'tap'
import { nearestName } from '../../../../src/shared/options/problems/nearest-name.ts'

const NAMES = ['listen', 'admin', 'workers', 'rules', 'ignore_hosts']

t.test('nearest', async (t) => {
  t.equal(nearestName('listne', NAMES), 'listen', 'swapped')
  t.equal(nearestName('lsten', NAMES), 'listen', 'left out')
  t.equal(nearestName('worker', NAMES), 'workers', 'cut')
  t.equal(nearestName('Rules', NAMES), 'rules', 'case')
  t.equal(nearestName('ignorehosts', NAMES), 'ignore_hosts', 'joined')
  t.equal(nearestName('colour', NAMES), undefined)
  t.equal(nearestName('', NAMES), undefined)
  t.equal(nearestName('l'.repeat(1_000_000), NAMES), undefined)
})
