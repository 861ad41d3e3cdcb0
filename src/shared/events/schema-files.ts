/**
 * The event schema as files for programs of others, which the admin server and the sidecar hand on: written from `schema.ts` by
 * `test/documents/`, kept equal to it by a test. No thread of its own.
 */

import { fileURLToPath } from 'node:url'

/** From `dist/src/shared/events/`. */
const FOLDER = new URL('../../../../docs/events/', import.meta.url)

/** Protobuf, the sidecar's service with it. */
export const EVENTS_PROTO = fileURLToPath(new URL('events.proto', FOLDER))
/** JSON Schema 2020-12. */
export const EVENTS_JSON_SCHEMA = fileURLToPath(new URL('events.schema.json', FOLDER))
