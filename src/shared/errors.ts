/**
 * UserError: something the operator can put right. What is wrong, where, and the remedy, in one line and without a stack trace.
 *
 * Not for untrusted bytes (a violation is a value, `shared/violations/`) and not for our own bugs (`shared/assert.ts`). System
 * errors become user errors here, so that every room words `EADDRINUSE` alike. No thread of its own.
 */

export class UserError extends Error {
  override readonly name: string = 'UserError'
  /** What is wrong, as a clause without a full stop. */
  readonly what: string
  /** The file, address or option it is about; empty where `what` says it all. */
  readonly where: string
  /** What to do about it, as an imperative clause. */
  readonly remedy: string

  constructor(what: string, where: string, remedy: string, cause?: unknown) {
    super(`${where === '' ? '' : `${where}: `}${what}; ${remedy}`, cause === undefined ? undefined : { cause })
    this.what = what
    this.where = where
    this.remedy = remedy
  }
}

/** What a system error code means to an operator, and what helps. */
const SYSTEM_ERRORS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  EADDRINUSE: ['the address is already in use', 'stop the other process or choose another port'],
  EADDRNOTAVAIL: ['this machine has no such address', 'listen on 127.0.0.1 or on an address that this machine has'],
  EACCES: ['permission denied', 'change its permissions or owner, or choose another place (ports below 1024 need privileges)'],
  EPERM: ['operation not permitted', 'run as a user that may do this, or choose another place'],
  ENOENT: ['no such file or directory', 'check the path'],
  ENOTDIR: ['part of the path is not a directory', 'check the path'],
  EISDIR: ['is a directory', 'name a file'],
  ELOOP: ['symbolic links lead in a circle', 'correct the links'],
  ENXIO: ['is a socket or a device without one behind it', 'name a file'],
  EIO: ['the device failed', 'check it, or choose another place'],
  EEXIST: ['exists already', 'remove it or choose another place'],
  ENOTEMPTY: ['the directory is not empty', 'choose another place'],
  EROFS: ['the file system is read-only', 'choose a place that can be written'],
  ENOSPC: ['no space left on the device', 'free some space or choose another place'],
  EMFILE: ['this process has too many open files', 'raise the descriptor limit (ulimit -n) or lower limits.sessions'],
  ENFILE: ['the system has too many open files', 'close some or raise the system limit'],
  E2BIG: ['the arguments and the environment are too long', 'pass them in a file'],
  ENAMETOOLONG: ['the path is too long', 'choose a shorter one (Unix sockets take about 100 octets)'],
  ENOTFOUND: ['the host name does not resolve', 'check the name or use an IP address'],
  EAFNOSUPPORT: ['this machine lacks that address family', 'use an IPv4 address'],
}

/** The same of a Unix socket, whose "address" is a path. libuv words every failure to make one as EACCES, a missing directory too. */
const SOCKET_ERRORS: typeof SYSTEM_ERRORS = {
  EACCES: ['the Unix socket cannot be made', 'check that its directory exists and can be written'],
  EADDRINUSE: ['something is at this path already', 'stop what listens there, remove the file, or choose another path'],
}

/**
 * Words a system error for the operator. `where` is by default what the error itself names. Errors without a known code come
 * back as they are: they are bugs, not mishaps.
 */
export function asUserError(error: unknown, where?: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error
  const system: NodeJS.ErrnoException & { address?: string; port?: number } = error
  const words = system.code === undefined ? undefined : SYSTEM_ERRORS[system.code]
  if (words === undefined) return error
  const { address, port } = system
  const isPath = address !== undefined && (port === undefined || port < 0)
  const [what, remedy] = (isPath ? SOCKET_ERRORS[system.code ?? ''] : undefined) ?? words
  const named = address === undefined ? '' : isPath ? address : `${address}:${port}`
  return new UserError(`${what} (${system.code})`, where ?? system.path ?? named, remedy, error)
}

/** `permission denied (EACCES)` from Node's `EACCES: permission denied, open '…'`. */
export function systemReason(error: unknown): string {
  if (!isSystemError(error)) return messageOf(error)
  const words = /^\w+: ([^,]+)/.exec(error.message)?.[1]
  return words === undefined ? error.message : `${words} (${error.code})`
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error
}

/** What was thrown says, whatever it is. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The same with its stack trace: for bugs of ours. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
