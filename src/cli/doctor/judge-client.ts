/**
 * What a client's probe proves, by the engine's events: it took the certificate and asked, it refused, or it never came. Pure.
 */

import type { SothEvent } from '../../shared/events/event.ts'
import type { ClientProbe } from './client-probes.ts'
import type { ClientFinding, SeenFailure } from './findings.ts'
import type { ProbeResult } from './probe-rig.ts'

/**
 * Refusals of our certificate: alerts 48 and 42 to 46, and two ways of saying nothing, Node's and GnuTLS's (docs/tls-failures.md). The
 * silent ones are inferred, which is enough here: the certificate is the only thing in which this proxy differs from the origin.
 */
const SILENT_REFUSALS: ReadonlySet<string | undefined> = new Set(['client_rejected_silently', 'reset_after_finished'])

function isDistrust({ side, reason, sub_reason }: SeenFailure): boolean {
  return side === 'client' && (reason === 'unknown_ca' || reason === 'cert_validation' || SILENT_REFUSALS.has(sub_reason))
}

/** `steps`: of the trust table, for this client. */
export function judgeClient(probe: ClientProbe, program: string, result: ProbeResult, steps: string): ClientFinding {
  const { name } = probe
  const { events, said, timedOut } = result
  // Only a client that has accepted the certificate sends a request.
  if (events.some(({ event }) => event === 'request_headers')) return { name, status: 'ok', program, detail: program }
  const failure = firstFailure(events)
  if (failure === undefined) {
    const reason =
      probe.unavailable?.test(said) === true
        ? 'it is not there'
        : timedOut
          ? `no connection in ${probe.deadlineMs} ms`
          : 'it made no TLS connection through the proxy'
    return { name, status: 'skipped', program, detail: said === '' ? reason : `${reason}: ${said}` }
  }
  if (!isDistrust(failure)) return { name, status: 'failed', program, detail: said, failure }
  return { name, status: 'untrusted', program, detail: said, failure, remedy: remedyFor(probe, steps) }
}

function firstFailure(events: readonly SothEvent[]): SeenFailure | undefined {
  for (const event of events) {
    if (event.event !== 'tls_handshake_failed') continue
    const { side = '', reason = '', sub_reason, alert, phase = '', source = '' } = event
    return { side, reason, sub_reason, alert, phase, source }
  }
  return undefined
}

function remedyFor({ target, programs }: ClientProbe, steps: string): string {
  const [program = ''] = programs
  return `${steps} (soth-mitm ca trust --target ${target}) · for one run: soth-mitm exec -- ${program} …`
}
