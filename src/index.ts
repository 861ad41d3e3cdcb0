/**
 * The public API of soth-mitm.
 *
 *     import { createEngine } from 'soth-mitm'
 *     const engine = createEngine({ listen: '127.0.0.1:8080' })
 *     engine.subscribe({ events: ['request_headers'] }, (event) => console.log(event.method, event.path))
 *     await engine.start()
 */

export { createEngine } from './engine.ts'
export type { Engine, EngineAddresses, EngineSettings, EventListener, Log } from './engine-types.ts'
export type { EventFilter } from './shared/aggregator-protocol.ts'
export { UserError } from './shared/errors.ts'
export type { EventBase, EventOf, SothEvent } from './shared/events/event.ts'
export type { EventName } from './shared/events/schema.ts'
export { ConfigError } from './shared/options/config-error.ts'
export type { EngineOptions, EngineOptionsInput } from './shared/options/schema.ts'
