/**
 * The public API of soth-mitm.
 *
 *     import { createEngine } from 'soth-mitm'
 *     const engine = createEngine({ listen: '127.0.0.1:8080' })
 *     engine.subscribe({ events: ['request_headers'] }, (event) => {
 *       if (event.event === 'request_headers') console.log(event.method, event.path)
 *     })
 *     await engine.start()
 */

export { createEngine } from './engine.ts'
export type { ConfigurationFile, Engine, EngineAddresses, EngineSettings, EventListener, Log, Reloaded } from './engine-types.ts'
export type { EventFilter } from './shared/aggregator-protocol.ts'
export { UserError } from './shared/errors.ts'
export type { EventBase, EventOf, EventOfAny, SothEvent } from './shared/events/event.ts'
export type { Protocol } from './shared/events/protocols.ts'
export type { EventName } from './shared/events/schema.ts'
export { ConfigError, type ConfigProblem } from './shared/options/problems/config-error.ts'
export type { EngineOptions, EngineOptionsInput } from './shared/options/schema.ts'
