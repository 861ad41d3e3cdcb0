/**
 * Judges played scripts of the chaos run: what was not cut has arrived octet for octet, what was cut is a beginning of what it should
 * have been, and only a lost worker, or a fault that was told, excuses more.
 */

import type { SothEvent } from '../../../src/shared/events/event.ts'
import { octetsOf, type Played, type Stage } from './play.ts'
import type { Script } from './script.ts'

/** The engine's own answer: to a head that the client cut, or where the origin's end came before its answer. */
const OWN_ANSWER = /HTTP\/1\.1 (?:400|50[234]) [^\n]*\r\n/

export function judge(acts: readonly { script: Script; played: Played }[], events: readonly SothEvent[], stage: Stage): string[] {
  const lost = new Set<string>()
  for (const event of events) {
    if (event.event === 'stream_closed' && event.close_reason === 'worker_lost') lost.add(event.client_addr)
    if (event.event === 'fault_injected' && event.kind === 'reset') lost.add(event.client_addr)
  }
  return acts.flatMap(({ script, played }) => {
    const why = breachOf(script, played, lost.has(played.address), stage)
    return why === undefined ? [] : [`${script.id} (${script.kind}, ${script.transport}, ${JSON.stringify(script.abort)}): ${why}`]
  })
}

function breachOf(script: Script, played: Played, isLost: boolean, stage: Stage): string | undefined {
  const toClient = Buffer.concat(script.steps.map((step) => step.origin))
  const toOrigin = Buffer.concat(script.steps.map((step) => octetsOf(step, script, stage)))
  const isWhole = script.abort === undefined && !isLost && played.address !== ''
  if (isWhole && played.failure !== undefined) return played.failure
  const client = comparison(played.client, toClient, isWhole, !isWhole)
  if (client !== undefined) return `client: ${client}`
  // A plain request goes on with another target (RFC 9112 §3.2.2), so its octets are not those that were sent.
  const origin = script.transport === 'plain' ? undefined : comparison(played.origin, toOrigin, isWhole, false)
  return origin === undefined ? undefined : `origin: ${origin}`
}

function comparison(got: Buffer, wanted: Buffer, isWhole: boolean, mayBeAnswered: boolean): string | undefined {
  if (isWhole && got.length !== wanted.length) return `${got.length} of ${wanted.length} octets`
  const length = sameLength(got, wanted)
  if (length === got.length) return undefined
  if (mayBeAnswered && OWN_ANSWER.test(got.toString('latin1', Math.max(0, length - 12)))) return undefined
  return `differs from octet ${length} on: ${JSON.stringify(got.toString('latin1', length, length + 60))}`
}

function sameLength(one: Buffer, other: Buffer): number {
  let at = 0
  while (at < one.length && at < other.length && one[at] === other[at]) at++
  return at
}
