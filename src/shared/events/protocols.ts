/**
 * The protocol labels of events and metrics. The order is wire format: append, never reorder. No thread of its own.
 */

export const PROTOCOLS = ['http1', 'http2', 'ws', 'sse', 'streamable_http', 'grpc', 'tunnel', 'http3'] as const

export type Protocol = (typeof PROTOCOLS)[number]
