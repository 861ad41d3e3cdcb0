/**
 * A relay between two pairs of real sockets, its layer a script of the test's, its handler a log.
 */

import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import type { CloseReason } from '../../../src/shared/events/close-reasons.ts'
import { CLIENT, type Side } from '../../../src/shared/side.ts'
import { type Layer, type Outcome, PASS, PLANNED } from '../../../src/workers/layers/layer.ts'
import type { Plan } from '../../../src/workers/layers/plan.ts'
import { Relay } from '../../../src/workers/relay.ts'
import type { Endpoint, RelayHandler } from '../../../src/workers/relay-handler.ts'
import { Received } from '../proxy-client.ts'
import { socketPair } from '../socket-pair.ts'
import { until } from './aggregator-harness.ts'

/** Passes everything, unless told how to plan; counts what it is told. */
export class ScriptedLayer implements Layer {
  onBytes: ((side: Side, bytes: Uint8Array, plan: Plan) => void) | undefined = undefined
  onFinish: ((side: Side, plan: Plan) => void) | undefined = undefined
  onResume: ((side: Side, plan: Plan) => void) | undefined = undefined
  readonly aborts: string[] = []
  readonly finished: Side[] = []
  seen = 0

  execute(side: Side, bytes: Uint8Array, plan: Plan): Outcome {
    this.seen += bytes.length
    return outcome(this.onBytes, (script) => script(side, bytes, plan))
  }
  finish(side: Side, plan: Plan): Outcome {
    this.finished.push(side)
    return outcome(this.onFinish, (script) => script(side, plan))
  }
  resume(side: Side, plan: Plan): Outcome {
    return outcome(this.onResume, (script) => script(side, plan))
  }
  abort(reason: CloseReason): void {
    this.aborts.push(reason)
  }
}

/** Says why it leaves. */
export class LeavingLayer extends ScriptedLayer {
  leave(reason: string, detail: string, plan: Plan): void {
    plan.write(CLIENT, Buffer.from(`${reason} ${detail}`))
  }
}

/** Has an answer for whoever waits for a lost origin. */
export class AnsweringLayer extends ScriptedLayer {
  answerLost(): Outcome {
    return PLANNED
  }
}

/** Keeps what the client has sent, until the origin says anything. */
export class HoldingLayer extends ScriptedLayer {
  #held: Uint8Array[] | undefined = []

  override execute(side: Side, bytes: Uint8Array): Outcome {
    if (side === CLIENT) this.#held?.push(bytes)
    else this.#held = undefined
    return PASS
  }
  takeUnanswered(): readonly Uint8Array[] | undefined {
    const held = this.#held
    this.#held = undefined
    return held
  }
}

/** Writes a digit at each wake, three times. */
export class SleepingLayer extends ScriptedLayer {
  wakeAt = Number.POSITIVE_INFINITY
  #wakes = 0

  wake(plan: Plan): void {
    plan.write(CLIENT, Buffer.from(String(++this.#wakes)))
    this.wakeAt = this.#wakes < 3 ? performance.now() + 30 : Number.POSITIVE_INFINITY
  }
}

function outcome<Script>(script: Script | undefined, run: (script: Script) => void): Outcome {
  if (script === undefined) return PASS
  run(script)
  return PLANNED
}

export class RelayLog implements RelayHandler {
  readonly ends: string[] = []
  readonly errors: string[] = []
  readonly octets: [number, number] = [0, 0]
  isQuiet = false

  onRelayEnd(reason: string, detail: string): void {
    this.ends.push(`${reason} ${detail}`.trim())
  }
  onRelayError(side: Side, error: NodeJS.ErrnoException): void {
    this.errors.push(`${side} ${error.code}`)
  }
  onRelayActivity(side: Side, octets: number): void {
    this.octets[side] += octets
  }
  takeOrigin(): boolean {
    return false
  }
  /** Connections in the place of a lost one, as the test has them. */
  readonly spares: Endpoint[] = []
  reopenOrigin(octets: number, loss: string): Endpoint | undefined {
    this.errors.push(`reopened ${octets} ${loss}`)
    return this.spares.shift()
  }
}

export interface RelaySetup {
  readonly relay: Relay
  readonly layer: ScriptedLayer
  readonly log: RelayLog
  readonly client: Received
  readonly origin: Received
  /** The relay's own ends of both connections. */
  readonly near: { readonly client: Socket; readonly origin: Socket }
}

export async function setUpRelay(t: Test, layer = new ScriptedLayer()): Promise<RelaySetup> {
  const [client, origin] = await Promise.all([socketPair(), socketPair()])
  const log = new RelayLog()
  const relay = new Relay({ stream: client.near, transport: client.near }, { stream: origin.near, transport: origin.near }, layer, log)
  t.teardown(() => {
    for (const socket of [client.near, client.far, origin.near, origin.far]) socket.destroy()
  })
  relay.start()
  const near = { client: client.near, origin: origin.near }
  return { relay, layer, log, near, client: new Received(client.far), origin: new Received(origin.far) }
}

export const ended = ({ log }: RelaySetup) => until(() => log.ends.length > 0, 'the relay ended')

/** One terminal call, one abort, both clients' sockets gone. */
export async function endedOnce(t: Test, setup: RelaySetup, end: string): Promise<void> {
  await ended(setup)
  await setup.client.until(({ closed }) => closed, 'the close of the client')
  await setup.origin.until(({ closed }) => closed, 'the close of the origin')
  await delay(20)
  t.same(setup.log.ends, [end])
  t.equal(setup.layer.aborts.length, 1)
}
