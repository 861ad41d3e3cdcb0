/**
 * What each peer has to do: the same work in the same run, scaled so that a round costs every peer about the same CPU time.
 */

import type { Churn, Connect, Outcome, Requests } from '../processes/traffic.ts'
import type { Child } from '../support/child.ts'
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
  /** Operations of the warm-up, from which the size of a round is taken, and the bounds of that size. */
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

function churn(name: string, title: string, resume: boolean): Workload {
  return {
    name,
    title,
    unit: 'ms CPU per connection',
    unitsPerOperation: 1,
    warmUp: 30,
    atLeast: 60,
    atMost: 1_500,
    round: ({ load, route }, count) =>
      load.ask('churn', { route, count, concurrency: 4, path: '/small', servername: SERVERNAME, resume } satisfies Churn),
  }
}

export const WORKLOADS: readonly Workload[] = [
  keepAlive('small', 'Small keep-alive request, 16 connections', '/small', 16, {
    unit: 'µs CPU per request',
    unitsPerOperation: 1,
    warmUp: 400,
    atLeast: 400,
    atMost: 20_000,
  }),
  churn('connection', 'New connection to a warm host: CONNECT, handshake, one request', false),
  churn('resumed', 'The same, the client resuming its TLS session', true),
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
