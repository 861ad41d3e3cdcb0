/**
 * What `doctor` finds, and how it is told: a table for people, an object for programs. Types and text; no thread of its own.
 */

export interface Check {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly detail: string
  readonly remedy?: string
}

/** What the engine saw of a handshake that failed: an entry of the taxonomy (docs/tls-failures.md). */
export interface SeenFailure {
  readonly side: string
  readonly reason: string
  readonly sub_reason?: string | undefined
  readonly alert?: number | undefined
  readonly phase: string
  readonly source: string
}

export interface ClientFinding {
  readonly name: string
  /** `untrusted`: it refused the CA. `failed`: its handshake or the origin's failed otherwise. */
  readonly status: 'ok' | 'untrusted' | 'failed' | 'skipped'
  readonly program?: string
  readonly detail: string
  readonly failure?: SeenFailure
  readonly remedy?: string
}

export interface Findings {
  /** False where a check failed or a client does not trust. Warnings and skipped clients do not count. */
  readonly ok: boolean
  readonly checks: readonly Check[]
  readonly clients: readonly ClientFinding[]
}

export function findingsOf(checks: readonly Check[], clients: readonly ClientFinding[]): Findings {
  const ok = checks.every(({ status }) => status !== 'failed') && clients.every(({ status }) => status === 'ok' || status === 'skipped')
  return { ok, checks, clients }
}

export function checkLines(check: Check): string {
  return row(check.status === 'failed' ? 'FAILED' : check.status, check.name, check.detail, check.remedy)
}

const CLIENT_WORDS = { ok: 'ok', untrusted: 'UNTRUSTED', failed: 'FAILED', skipped: 'skipped' } as const

export function clientLines(finding: ClientFinding): string {
  const { failure } = finding
  const seen = failure === undefined ? finding.detail : `${describeFailure(failure)}${finding.detail === '' ? '' : `: ${finding.detail}`}`
  return row(CLIENT_WORDS[finding.status], finding.name, seen, finding.remedy)
}

/** `client: unknown_ca (alert 48), mid_handshake, authoritative`. */
function describeFailure({ side, reason, sub_reason, alert, phase, source }: SeenFailure): string {
  const finer = sub_reason === undefined || sub_reason === reason ? '' : `/${sub_reason}`
  return `${side}: ${reason}${finer}${alert === undefined ? '' : ` (alert ${alert})`}, ${phase}, ${source}`
}

function row(status: string, name: string, detail: string, remedy: string | undefined): string {
  const more = remedy === undefined ? '' : `${' '.repeat(30)}→ ${remedy}\n`
  return `  ${status.padEnd(10)}  ${name.padEnd(16)}  ${detail}\n${more}`
}
