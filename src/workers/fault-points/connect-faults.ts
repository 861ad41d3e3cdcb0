/**
 * What faults do to a session before its relay: the request is refused, never answered, answered late, or answered and left. Worker
 * thread.
 */

import { NO_STREAM } from '../../shared/events/record/record-descriptor.ts'
import { isAtConnect } from '../../shared/faults/check-faults.ts'
import type { FaultOf } from '../../shared/faults/schema/fault-schema.ts'
import { RESET_GAP_MS } from '../../shared/limits/relay-faults.ts'
import { refusalResponse } from '../../shared/refusals/refusal-response.ts'
import { refusals } from '../../shared/refusals/registry.ts'
import { stopReading } from '../../shared/socket-handle.ts'
import type { ArmedFault } from '../faults/armed-fault.ts'
import type { Session } from '../session.ts'
import { FIN_ALONE, SessionFailure } from '../session-failure.ts'

/**
 * Carries out what is to happen before the origin is dialled; throws where that ends the session. What is left, if anything, is
 * to happen behind the 200 of a CONNECT: hand it to `closeAfterConnect`. Undefined, as nearly always: there is nothing to wait for.
 */
export function runConnectFaults(session: Session): Promise<ArmedFault | undefined> | undefined {
  const { faults } = session.ticket.decision.options
  if (faults.length === 0) return undefined
  const { faults: judge } = session.context
  const atConnect = faults.filter(({ options }) => isAtConnect(options))
  const armed = judge.arm('connection', atConnect, session.flow, NO_STREAM)
  return armed === undefined ? undefined : carryOutAll(session, armed)
}

async function carryOutAll(session: Session, armed: readonly ArmedFault[]): Promise<ArmedFault | undefined> {
  let last: ArmedFault | undefined
  try {
    for (const fault of armed) if (await carryOut(session, fault)) last ??= fault
  } finally {
    for (const fault of armed) if (fault !== last) fault.release()
  }
  return last
}

/** Whether `fault` is one that waits for the 200. */
async function carryOut(session: Session, fault: ArmedFault): Promise<boolean> {
  const { options } = fault
  switch (options.kind) {
    case 'refuse':
      tell(session, fault)
      refuse(session, options, fault)
      return false
    case 'connect_delay':
      tell(session, fault)
      await pauseListening(session, options.ms)
      session.checkAlive()
      return false
    case 'blackhole':
      tell(session, fault)
      await swallow(session)
      session.checkAlive()
      return false
    case 'close_after_connect':
      if (session.ticket.kind === 'connect') return true
      tell(session, fault, { not_applicable: 'a plain request is not answered by a 200 of ours' })
      return false
    default:
      return false
  }
}

/** Ends a session whose CONNECT has just been answered. */
export async function closeAfterConnect(session: Session, fault: ArmedFault): Promise<never> {
  tell(session, fault)
  fault.release()
  const isReset = (fault.options as FaultOf<'close_after_connect'>).how === 'reset'
  // The 200 has to be read before an RST, which would overtake it.
  await new Promise((resolve) => session.client.write('', resolve))
  if (isReset) await pause(session, RESET_GAP_MS)
  throw new SessionFailure('fault_injected', fault.detail, isReset ? 'reset' : FIN_ALONE)
}

function refuse(session: Session, options: FaultOf<'refuse'>, fault: ArmedFault): never {
  const { ticket } = session
  const detail = fault.detail
  if (options.with === 'reset') throw new SessionFailure('fault_injected', detail, 'reset')
  if (options.with === 'close') throw new SessionFailure('fault_injected', detail, FIN_ALONE)
  const reply = refusalResponse(refusals.fault_injected, {
    nowMs: Date.now(),
    format: ticket.refusalFormat,
    target: `${ticket.host}:${ticket.port}`,
    detail,
    status: options.status,
  })
  throw new SessionFailure('fault_injected', detail, reply)
}

/** Waits, unless the client goes first. */
function pause({ client }: Session, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer)
      client.off('close', settle)
      resolve()
    }
    const timer = setTimeout(settle, ms)
    client.once('close', settle)
  })
}

/** Waits likewise, and reads no more than a socket buffers: only who reads hears of an RST, or of an end. */
async function pauseListening(session: Session, ms: number): Promise<void> {
  const { client } = session
  // An end, and nothing of the client's left to forward: behind a plain request it may have said all that it has to say.
  const onReadable = () => {
    if (client.readableLength === 0) client.destroy()
  }
  client.on('readable', onReadable)
  await pause(session, ms)
  client.off('readable', onReadable)
  if (!client.destroyed) stopReading(client)
}

/** Reads what the client sends, and says nothing, until it goes or has been silent for too long. */
async function swallow(session: Session): Promise<void> {
  const { client, context } = session
  client.on('end', () => client.destroy())
  client.resume()
  await pause(session, context.options.limits.idle_timeout_ms)
  if (!client.destroyed) throw new SessionFailure('idle_timeout', 'nobody left the black hole')
}

function tell(session: Session, fault: ArmedFault, applied: unknown = 'as_asked'): void {
  session.context.faults.report(fault, 'connect', 0, 'bytes', applied)
}
