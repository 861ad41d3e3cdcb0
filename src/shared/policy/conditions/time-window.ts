/**
 * TimeWindow: at which times of the week a rule holds, on the clocks of a place. No thread of its own; the time comes in.
 *
 *     days: [mon, tue, wed, thu, fri]   from: '22:00'   to: '06:00'   zone: Europe/Berlin
 *
 *     from < to    from the one to the other, `to` not included
 *     from > to    over midnight: the days are those on which it begins
 *     from = to    the whole day; both may be left out
 *
 * The clock of a zone is asked once a minute, which is as fine as a window is: changes to summer time fall on whole minutes. So a
 * decision costs one division.
 */

import { ConfigError } from '../../options/problems/config-error.ts'

export const WEEK_DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
export type WeekDay = (typeof WEEK_DAYS)[number]

export interface TimeWindowOptions {
  readonly days?: readonly WeekDay[] | undefined
  /** `HH:MM`, 00:00 to 23:59. */
  readonly from: string
  /** `HH:MM`, 00:00 to 24:00. */
  readonly to: string
  /** IANA name of a time zone. */
  readonly zone: string
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440

export class TimeWindow {
  readonly #days: ReadonlySet<number> | undefined
  readonly #from: number
  readonly #to: number
  readonly #clock: Intl.DateTimeFormat
  /** The minute since the epoch that was asked for last, and the answer. */
  #minute = Number.NaN
  #isOpen = false

  /** Throws a ConfigError without a path for a zone that does not exist. */
  constructor({ days, from, to, zone }: TimeWindowOptions) {
    this.#days = days === undefined ? undefined : new Set(days.map((day) => WEEK_DAYS.indexOf(day)))
    this.#from = minutesOf(from)
    this.#to = minutesOf(to)
    this.#clock = clockOf(zone)
  }

  /** `nowMs`: milliseconds since the epoch. */
  contains(nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#isOpen = this.#isOpenAt(minute * MINUTE_MS)
    }
    return this.#isOpen
  }

  #isOpenAt(ms: number): boolean {
    const { day, minutes } = this.#read(ms)
    const today = this.#days?.has(day) ?? true
    if (this.#from === this.#to) return today
    if (this.#from < this.#to) return today && minutes >= this.#from && minutes < this.#to
    const yesterday = this.#days?.has((day + 6) % 7) ?? true
    return (today && minutes >= this.#from) || (yesterday && minutes < this.#to)
  }

  #read(ms: number): { day: number; minutes: number } {
    const parts = this.#clock.formatToParts(ms)
    const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? ''
    const day = WEEK_DAYS.indexOf(part('weekday').toLowerCase() as WeekDay)
    return { day, minutes: Number(part('hour')) * 60 + Number(part('minute')) }
  }
}

/** 24:00 is the end of the day, and no other minute. */
function minutesOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number)
  return Math.min(DAY_MINUTES, (hours ?? 0) * 60 + (minutes ?? 0))
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  } catch {
    throw ConfigError.of(`"${timeZone}" is no time zone`, 'give an IANA name like Europe/Berlin, or UTC')
  }
}
