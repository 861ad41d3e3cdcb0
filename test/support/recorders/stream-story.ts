/**
 * streamStory: the events of one flow that tell of its payload, each as a line: what golden sequences compare. Times, sizes of
 * heads and how the octets were cut into chunks are left out.
 */

import type { SothEvent } from '../../../src/shared/events/event.ts'
import { BASE_FIELDS } from '../../../src/shared/events/json/base-fields.ts'

/** Fields that differ from run to run, or are the same in every line. */
const LEFT_OUT: ReadonlySet<string> = new Set<string>([
  ...BASE_FIELDS,
  'exchange',
  'fields',
  'authority',
  'version',
  'duration_ms',
  'ttfb_ms',
  'answer_ms',
  'waited_ms',
  'ttft_ms',
  'gap_mean_ms',
  'gap_max_ms',
])
/** Events of the connection below, and chunks, whose number is chance. */
const UNTOLD = /^(connect_|tls_|request_body_chunk|response_body_chunk)/

/** Lines of the form `event @protocol field=value …`, of exchange events and the flow's end. */
export function streamStory(events: readonly SothEvent[], leftOut: readonly string[] = []): string[] {
  return events
    .filter(({ event }) => !UNTOLD.test(event))
    .map((event) => {
      const told = Object.entries(event)
        .filter(([field]) => !LEFT_OUT.has(field) && !leftOut.includes(field))
        .map(([field, value]) => `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      return [event.event, `@${event.protocol}`, ...told].join(' ')
    })
}
