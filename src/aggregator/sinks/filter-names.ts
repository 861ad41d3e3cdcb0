/**
 * filterOf: a filter from what a subscriber gave, in this process or as the lists of a client outside of it. Pure. No thread of its own.
 *
 * Names that the schema does not have are refused: a filter that matches nothing looks like an engine that is silent.
 */

import type { EventFilter } from '../../shared/aggregator-protocol.ts'
import { PROTOCOLS, type Protocol } from '../../shared/events/protocols.ts'
import { EVENTS, type EventName } from '../../shared/events/schema.ts'
import { nearestName } from '../../shared/options/problems/nearest-name.ts'
import { filterProblem } from './event-filter.ts'

/** As a client writes it: all conditions that are present must hold. */
export interface FilterText {
  readonly events?: readonly string[] | undefined
  readonly hosts?: readonly string[] | undefined
  readonly protocols?: readonly string[] | undefined
  readonly flow_id?: string | undefined
}

const EVENT_NAMES = Object.keys(EVENTS)
const MEMBERS: ReadonlySet<string> = new Set(['events', 'hosts', 'protocols', 'flow_id'])

/** The filter, or what is wrong with it. */
export function filterOf(text: FilterText): EventFilter | string {
  if (typeof text !== 'object' || text === null) return 'the filter must be a map; an empty one takes everything'
  const stranger = Object.keys(text).find((member) => !MEMBERS.has(member))
  if (stranger !== undefined) return `filter has no member "${stranger}"; there are ${[...MEMBERS].join(', ')}`
  const filter: EventFilter = {
    ...(text.events === undefined ? {} : { events: text.events as readonly EventName[] }),
    ...(text.hosts === undefined ? {} : { hosts: text.hosts }),
    ...(text.protocols === undefined ? {} : { protocols: text.protocols as readonly Protocol[] }),
    ...(text.flow_id === undefined ? {} : { flow_id: text.flow_id }),
  }
  return (
    filterProblem(filter) ?? unknownName('event', text.events, EVENT_NAMES) ?? unknownName('protocol', text.protocols, PROTOCOLS) ?? filter
  )
}

function unknownName(what: string, names: readonly string[] | undefined, known: readonly string[]): string | undefined {
  const wrong = names?.find((name) => !known.includes(name))
  if (wrong === undefined) return undefined
  const meant = nearestName(wrong, known)
  return `there is no ${what} "${wrong.slice(0, 64)}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`
}
