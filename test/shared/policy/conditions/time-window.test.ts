/** TimeWindow: days, hours, midnight, zones and their changes to summer time. */

import t from 'tap'
import { TimeWindow, type TimeWindowOptions } from '../../../../src/shared/policy/conditions/time-window.ts'

const WORK: TimeWindowOptions = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:30', zone: 'UTC' }
const NIGHT: TimeWindowOptions = { days: ['fri'], from: '22:00', to: '06:00', zone: 'UTC' }
const ALWAYS = { from: '00:00', to: '24:00', zone: 'UTC' }

// 2026-01-05 is a Monday.
const CASES: readonly (readonly [name: string, window: TimeWindowOptions, at: string, isOpen: boolean])[] = [
  ['its first minute', WORK, '2026-01-05T09:00:00Z', true],
  ['the minute before', WORK, '2026-01-05T08:59:59.999Z', false],
  ['its last minute', WORK, '2026-01-05T17:29:59Z', true],
  ['its end is not in it', WORK, '2026-01-05T17:30:00Z', false],
  ['another day', WORK, '2026-01-04T12:00:00Z', false],
  ['over midnight: the evening', NIGHT, '2026-01-09T23:00:00Z', true],
  ['over midnight: the morning after', NIGHT, '2026-01-10T05:59:00Z', true],
  ['over midnight: the morning before', NIGHT, '2026-01-09T05:00:00Z', false],
  ['over midnight: the evening after', NIGHT, '2026-01-10T23:00:00Z', false],
  ['the whole day', { ...ALWAYS, days: ['mon'] }, '2026-01-05T23:59:59Z', true],
  ['the whole day, another', { ...ALWAYS, days: ['mon'] }, '2026-01-06T00:00:00Z', false],
  ['from is to', { from: '08:00', to: '08:00', zone: 'UTC' }, '2026-01-05T03:00:00Z', true],
  ['every day', ALWAYS, '2026-01-04T12:00:00Z', true],
  ['winter in Berlin', { ...WORK, zone: 'Europe/Berlin' }, '2026-01-05T08:00:00Z', true],
  ['summer in Berlin', { ...WORK, zone: 'Europe/Berlin' }, '2026-07-06T07:00:00Z', true],
  ['summer in Berlin, too early', { ...WORK, zone: 'Europe/Berlin' }, '2026-07-06T06:59:00Z', false],
  ['Sunday here, Monday there', { ...ALWAYS, days: ['mon'], zone: 'Asia/Tokyo' }, '2026-01-04T15:00:00Z', true],
  // 2026-03-29 and 2026-10-25, Berlin: the hour from 02:00 is skipped, then comes twice.
  ['spring: from inside of the skipped hour', { from: '02:30', to: '03:30', zone: 'Europe/Berlin' }, '2026-03-29T01:00:00Z', true],
  ['spring: the minute before it', { from: '02:30', to: '03:30', zone: 'Europe/Berlin' }, '2026-03-29T00:59:00Z', false],
  ['spring: to inside of the skipped hour', { from: '22:00', to: '02:30', zone: 'Europe/Berlin' }, '2026-03-29T00:59:00Z', true],
  ['spring: ends with it', { from: '22:00', to: '02:30', zone: 'Europe/Berlin' }, '2026-03-29T01:00:00Z', false],
  ['autumn: the first 02:30', { from: '02:00', to: '03:00', zone: 'Europe/Berlin' }, '2026-10-25T00:30:00Z', true],
  ['autumn: the second 02:30', { from: '02:00', to: '03:00', zone: 'Europe/Berlin' }, '2026-10-25T01:30:00Z', true],
  ['autumn: between two of 02:30 to 03:30', { from: '02:30', to: '03:30', zone: 'Europe/Berlin' }, '2026-10-25T01:15:00Z', false],
  ['the south: summer', { ...WORK, zone: 'Australia/Sydney' }, '2026-01-04T22:00:00Z', true],
  ['the south: winter', { ...WORK, zone: 'Australia/Sydney' }, '2026-07-05T22:00:00Z', false],
  [
    'half an hour of summer time: what lies in it does not come',
    { from: '02:15', to: '02:30', zone: 'Australia/Lord_Howe' },
    '2026-10-03T15:45:00Z',
    false,
  ],
  [
    'midnight skipped: what lies in that hour does not come',
    { days: ['fri'], from: '00:00', to: '00:59', zone: 'Africa/Cairo' },
    '2026-04-23T22:00:00Z',
    false,
  ],
  ['midnight comes twice: Saturday', { days: ['sat'], from: '23:00', to: '24:00', zone: 'America/Santiago' }, '2026-04-05T03:30:00Z', true],
  ['over midnight into a Sunday of 25 hours', { ...NIGHT, days: ['sat'], zone: 'Europe/Berlin' }, '2026-10-25T04:59:00Z', true],
  ['half an hour', { ...ALWAYS, to: '00:30', zone: 'Asia/Kolkata' }, '2026-01-04T18:45:00Z', true],
]

t.test('when it is open', async (t) => {
  for (const [name, window, at, isOpen] of CASES) t.equal(new TimeWindow(window).contains(Date.parse(at)), isOpen, name)
})

t.test('one window asked minute after minute', async (t) => {
  const window = new TimeWindow(WORK)
  const from = Date.parse('2026-01-05T08:30:00Z')
  const open = Array.from({ length: 12 * 60 }, (_, minute) => window.contains(from + minute * 60_000)).filter(Boolean).length
  t.equal(open, 8 * 60 + 30)
})

t.test('no such zone', async (t) => {
  t.throws(() => new TimeWindow({ ...ALWAYS, zone: 'Mars/Olympus' }), { name: 'ConfigError', reason: /no time zone/ })
})
