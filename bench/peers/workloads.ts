/**
 * What each peer has to do: the same work in the same run, scaled so that a round costs every peer about the same CPU time.
 */

import type { Churn, Connect, Http2Requests, Requests } from '../processes/traffic-asked.ts'
import type { Child } from '../support/child.ts'
import type { Outcome } from '../support/tally.ts'
import type { Route } from '../support/tunnel.ts'

export interface Subject {
  readonly load: Child
  readonly route: Route
}

export interface Workload {
  readonly name: string
  readonly title: string
  /** What one unit of the figures is, and how many of them one operation makes. */
  readonly unit: string
  readonly unitsPerOperation: number
  /** Operations of one batch of the warm-up, and the bounds of a round's size, which is taken from what the warm-up has cost. */
  readonly warmUp: number
  readonly atLeast: number
  readonly atMost: number
  /** Opens what the rounds need. */
  open?(subject: Subject): Promise<Outcome>
  round(subject: Subject, count: number): Promise<Outcome>
}

const SERVERNAME = 'localhost'
const GIGABYTE = 1e9

function connect(subject: Subject, connections: number): Promise<Outcome> {
  return subject.load.ask('connect', { route: subject.route, servername: SERVERNAME, connections } satisfies Connect)
}

function keepAlive(
  name: string,
  title: string,
  path: string,
  connections: number,
  sizes: Omit<Workload, 'name' | 'title' | 'round'>,
): Workload {
  return {
    name,
    title,
    ...sizes,
    open: (subject) => connect(subject, connections),
    round: ({ load, route }, count) => load.ask('requests', { count, path, host: route.authority } satisfies Requests),
  }
}

function churn(name: string, title: string, asked: Pick<Churn, 'servername' | 'resume' | 'unannounced'>): Workload {
  return {
    name,
    title,
    unit: 'ms CPU per connection',
    unitsPerOperation: 1,
    warmUp: 30,
    atLeast: 60,
    atMost: 1_500,
    round: ({ load, route }, count) => load.ask('churn', { route, count, concurrency: 4, path: '/small', ...asked } satisfies Churn),
  }
}

/** Requests on their way at a time, whatever the protocol: what is compared is the same load. */
const IN_FLIGHT = 16

const SMALL_SIZES = { unit: 'µs CPU per request', unitsPerOperation: 1, warmUp: 400, atLeast: 400, atMost: 20_000 }

export const SMALL = keepAlive('small', `Small keep-alive request, ${IN_FLIGHT} connections`, '/small', IN_FLIGHT, SMALL_SIZES)

function http2(name: string, title: string, connections: number): Workload {
  return {
    name,
    title,
    ...SMALL_SIZES,
    open: ({ load, route }) => load.ask('connectHttp2', { route, servername: SERVERNAME, connections } satisfies Connect),
    round: ({ load }, count) =>
      load.ask('requestHttp2', { count, path: '/small', streams: IN_FLIGHT / connections } satisfies Http2Requests),
  }
}

/**
 * As clients use it: "Clients SHOULD NOT open more than one HTTP/2 connection to a given host and port pair" (RFC 9113 §9.1). How much a
 * request costs depends on how many share a TLS record and a system call, and that on how many streams a connection has open.
 */
export const HTTP2 = http2('http2', `Small HTTP/2 request, ${IN_FLIGHT} streams of one connection`, 1)
/** The same requests on their way, with fewer that could share anything; at the end none. */
export const HTTP2_FOUR_STREAMS = http2('http2-4', 'Small HTTP/2 request, 4 connections of 4 streams', 4)
export const HTTP2_ONE_STREAM = http2('http2-1', `Small HTTP/2 request, ${IN_FLIGHT} connections of one stream`, IN_FLIGHT)

const CONNECTION = churn('connection', 'New connection to a warm host: CONNECT, handshake, one request', {
  servername: SERVERNAME,
  resume: false,
})

export const WORKLOADS: readonly Workload[] = [
  SMALL,
  HTTP2,
  CONNECTION,
  churn('reused', 'The same, the client closing without having announced it: connections to the origin may be reused', {
    servername: SERVERNAME,
    resume: false,
    unannounced: true,
  }),
  churn('resumed', 'New connection to a warm host, the client resuming its TLS session', { servername: SERVERNAME, resume: true }),
  churn('new-host', 'New connection to a host never seen before', { servername: '*.origin.test', resume: false }),
  keepAlive('1m', 'Bodies of 1 MiB, 4 connections', '/1m', 4, {
    unit: 's CPU per GB',
    unitsPerOperation: 1_048_576 / GIGABYTE,
    warmUp: 20,
    atLeast: 40,
    atMost: 400,
  }),
  keepAlive('100m', 'Bodies of 100 MiB, 1 connection', '/100m', 1, {
    unit: 's CPU per GB',
    unitsPerOperation: 104_857_600 / GIGABYTE,
    warmUp: 1,
    atLeast: 2,
    atMost: 4,
  }),
]

/** Divides microseconds down to what the unit is told in. */
export function inUnit(unit: string, micros: number): number {
  if (unit.startsWith('µs')) return micros
  return unit.startsWith('ms') ? micros / 1e3 : micros / 1e6
}
