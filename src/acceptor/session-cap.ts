/**
 * Derives how many client connections may be open at once from the process's descriptor limit. Main thread.
 */

/**
 * Descriptors that are not sessions: listeners, worker loops (epoll, eventfd and signal pipes: about 12 each), sinks, the
 * admin server's clients, duplicates in flight between threads, and connections that are being refused.
 */
const RESERVED_DESCRIPTORS = 448
const DESCRIPTORS_PER_WORKER = 16
/** A session is a client socket and an origin socket. */
const DESCRIPTORS_PER_SESSION = 2
/** Where the platform reports no limit (Windows) the handles are bounded by memory instead: 100 KB each make 6.5 GB. */
const UNLIMITED_SESSIONS = 65_536
const MIN_SESSIONS = 16

/** The soft limit of open descriptors of this process, or `undefined` where there is none. Node has raised it to the hard limit. */
export function descriptorLimit(): number | undefined {
  const report = process.report?.getReport() as { userLimits?: { open_files?: { soft?: number | string } } } | undefined
  const soft = report?.userLimits?.open_files?.soft
  return typeof soft === 'number' && Number.isFinite(soft) ? soft : undefined
}

/** The session cap that `limit` descriptors allow with `workers` threads. */
export function sessionCap(limit: number | undefined, workers: number): number {
  if (limit === undefined) return UNLIMITED_SESSIONS
  const free = limit - RESERVED_DESCRIPTORS - workers * DESCRIPTORS_PER_WORKER
  return Math.max(MIN_SESSIONS, Math.min(UNLIMITED_SESSIONS, Math.floor(free / DESCRIPTORS_PER_SESSION)))
}
