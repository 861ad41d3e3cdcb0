/**
 * aggregatorOptions: the part of the engine's options that the aggregator thread gets. Pure. Main thread.
 */

import type { AggregatorOptions } from '../../shared/aggregator-protocol.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'

/** `refusalCodes`: the acceptor's refusal codes, by counter slot. */
export function aggregatorOptions(options: EngineOptions, refusalCodes: readonly string[]): AggregatorOptions {
  const { file, rotate_bytes: rotateBytes, rotate_keep: rotateKeep } = options.events
  const { enabled, ...feed } = options.feed
  const { listen, ...bounds } = options.sidecar
  return {
    admin: options.admin,
    adminHosts: options.admin_hosts,
    events: file === undefined ? undefined : { file, rotateBytes, rotateKeep },
    feed: enabled ? feed : undefined,
    sidecar: listen === undefined ? undefined : { listen, ...bounds },
    metricHosts: options.limits.metric_hosts,
    redactFields: options.redact_fields,
    redactQuery: options.redact_query,
    refusalCodes,
  }
}
