/**
 * compileFilter: a subscriber's filter, made into a test that decides without making the event's object. Aggregator thread.
 */

import type { EventFilter } from '../../shared/aggregator-protocol.ts'
import { FILTER_ENTRIES } from '../../shared/limits/aggregator.ts'
import type { OutgoingEvent } from './sink.ts'

export type EventTest = (event: OutgoingEvent) => boolean

/** Says what is wrong with a filter that came from a caller, or nothing. */
export function filterProblem(filter: EventFilter): string | undefined {
  for (const [name, list] of Object.entries({ events: filter.events, hosts: filter.hosts, protocols: filter.protocols })) {
    if (list === undefined) continue
    if (!Array.isArray(list) || list.some((entry) => typeof entry !== 'string')) return `filter.${name} must be a list of strings`
    if (list.length > FILTER_ENTRIES) return `filter.${name} has more than ${FILTER_ENTRIES} entries`
  }
  if (filter.flow_id !== undefined && typeof filter.flow_id !== 'string') return 'filter.flow_id must be a string'
  return undefined
}

export function compileFilter(filter: EventFilter): EventTest {
  const tests: EventTest[] = []
  const { flow_id: flowId } = filter
  if (flowId !== undefined) tests.push((event) => event.flowId === flowId)
  if (filter.events !== undefined) {
    const names = new Set<string>(filter.events)
    tests.push((event) => names.has(event.name))
  }
  if (filter.protocols !== undefined) {
    const protocols = new Set<string>(filter.protocols)
    tests.push((event) => protocols.has(event.protocol))
  }
  if (filter.hosts !== undefined) tests.push(hostTest(filter.hosts))
  return (event) => tests.every((test) => test(event))
}

function hostTest(hosts: readonly string[]): EventTest {
  const exact = new Set<string>()
  const suffixes: string[] = []
  for (const host of hosts.map((entry) => entry.toLowerCase())) {
    if (host.startsWith('*.')) suffixes.push(host.slice(1))
    else if (host.startsWith('.')) suffixes.push(host)
    else exact.add(host)
  }
  return (event) => {
    const host = event.serverHost.toLowerCase()
    return exact.has(host) || suffixes.some((suffix) => host.endsWith(suffix) && host.length > suffix.length)
  }
}
