/**
 * The names of the fields that every event has, in the order in which they are written. Data; every thread.
 *
 * `truncated` and `faulted` stand among them only where they are so.
 */

import type { EventBase } from '../event.ts'

export const BASE_FIELDS = [
  'schema',
  'event',
  'flow_id',
  'flow_seq',
  'time_unix_ms',
  'time_mono_ns',
  'worker',
  'client_addr',
  'server_host',
  'server_port',
  'protocol',
] as const satisfies readonly (keyof EventBase)[]
