/**
 * Events as lines for people: number, name, and what the event says beyond the base fields. Text only. Main thread.
 */

import type { SothEvent } from '../../shared/events/event.ts'
import { BASE_FIELDS } from '../../shared/events/json/base-fields.ts'

/** Told once per flow, if at all. */
const OF_EVERY_EVENT: ReadonlySet<string> = new Set(BASE_FIELDS)
const NAME_WIDTH = 24
const VALUE_WIDTH = 60

export function eventLine(event: SothEvent): string {
  const details = Object.entries(event)
    .filter(([name]) => !OF_EVERY_EVENT.has(name))
    .map(([name, value]) => `${name}=${shown(value)}`)
  return `${String(event.flow_seq).padStart(5)}  ${event.event.padEnd(NAME_WIDTH)}  ${details.join(' ')}`.trimEnd()
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(Math.round(value * 100) / 100)
  if (isFields(value)) return `[${value.map(([name, text]) => `${name}: ${text}`).join(', ')}]`
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > VALUE_WIDTH ? `${text.slice(0, VALUE_WIDTH)}…` : text
}

function isFields(value: unknown): value is readonly (readonly [string, string])[] {
  return Array.isArray(value) && value.length > 0 && value.every((line) => Array.isArray(line) && line.length === 2)
}
