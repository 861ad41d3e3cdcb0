/**
 * Log: how the aggregator says something to the operator; the main thread writes it. Aggregator thread.
 */

export type LogLevel = 'info' | 'warn' | 'error'

export type Log = (level: LogLevel, message: string) => void
