/**
 * The schema of faults of a connection: what happens to it before the CONNECT is answered, or to the octets that pass, whatever
 * these are. On tunnels and intercepted flows alike. No thread of its own.
 *
 * `direction` is that of the octets. Of an intercepted flow the octets are those inside TLS, and a cut falls behind a TLS record.
 */

import * as z from 'zod'
import { delayKeys, MAX_DELAY_MS } from '../delay-distribution.ts'
import { triggerKeys } from '../fault-trigger.ts'

const FAULT_DIRECTIONS = ['to_client', 'to_origin', 'both'] as const
export type FaultDirection = (typeof FAULT_DIRECTIONS)[number]

const MAX_OCTETS = Number.MAX_SAFE_INTEGER
const MAX_RATE = 1_000_000_000

const direction = (fallback: FaultDirection = 'both') =>
  z.enum(FAULT_DIRECTIONS).default(fallback).describe('octets that it acts on, by where they go')
const octets = (doc: string) => z.int().min(0).max(MAX_OCTETS).describe(doc)
const milliseconds = (doc: string) => z.int().min(0).max(MAX_DELAY_MS).describe(`${doc}, milliseconds`)
const how = z.enum(['fin', 'reset']).default('fin').describe('fin: an orderly end. reset: a true RST')

export const CONNECTION_FAULTS = [
  z.strictObject({
    kind: z.literal('refuse').describe('the origin is not dialled'),
    with: z.enum(['status', 'close', 'reset']).default('status').describe('what the client gets: a response, a FIN, or an RST'),
    status: z.int().min(400).max(599).default(503).describe('status: of the response'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('blackhole').describe('nothing passes any more, and nothing is closed'),
    at: z.enum(['connect', 'relay']).default('relay').describe('connect: the request is never answered. relay: octets vanish'),
    after_bytes: octets('relay: octets of both directions that pass before').default(0),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('connect_delay').describe('the CONNECT, or the first plain request, waits before its origin is dialled'),
    ms: milliseconds('how long').default(0),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('close_after_connect').describe('the CONNECT is answered with 200, and the connection closed'),
    how,
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('latency').describe('octets come later, in order'),
    direction: direction(),
    ...delayKeys,
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('bandwidth').describe('octets come no faster than this'),
    direction: direction(),
    bytes_per_second: z.int().min(1).max(MAX_RATE).describe('octets per second, of each direction'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('jitter').describe('octets come later by a delay that varies from read to read, in order'),
    direction: direction(),
    amplitude_ms: milliseconds('the longest delay; each is drawn evenly from 0 to it'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('slice').describe('octets come in small pieces'),
    direction: direction(),
    bytes: z.int().min(1).max(65_536).default(1).describe('octets of a piece'),
    variation: z.int().min(0).max(65_536).default(0).describe('octets by which a piece may be shorter or longer'),
    gap_ms: milliseconds('between two pieces').default(0),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('slow_close').describe('an end comes later than the last octet before it'),
    ms: milliseconds('how long'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('reset').describe('a true RST on both sides'),
    direction: direction().describe('after_bytes: octets that count, by where they go'),
    after_bytes: octets('octets that pass before').optional(),
    after_ms: milliseconds('time that passes before, from the first octet relayed on').optional(),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('limit_bytes').describe('so many octets pass, and the connection ends'),
    direction: direction('to_client'),
    bytes: octets('octets that pass'),
    how,
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('half_close').describe('one direction ends early, the other goes on'),
    direction: z.enum(['to_client', 'to_origin']).default('to_client').describe('octets that it acts on, by where they go'),
    after_bytes: octets('octets that pass before').default(0),
    ...triggerKeys,
  }),
] as const
