/**
 * Dials an origin: DNS and TCP, under one deadline. Worker thread.
 *
 * The CONNECT is answered only once this has succeeded, so that a refused or unresolvable origin is a 502 or 504 with a
 * reason, and not a 200 followed by a reset.
 */

import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import type { RefusalCode } from '../../shared/refusals/registry.ts'
import type { SelfTargetGuard } from '../../shared/targets/self-target-guard.ts'
import { AddressLookup } from './address-lookup.ts'

export class DialError extends Error {
  override readonly name = 'DialError'
  readonly refusal: RefusalCode

  constructor(refusal: RefusalCode, detail: string) {
    super(detail)
    this.refusal = refusal
  }
}

export interface DialTarget {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
  /** Knows the addresses that are the proxy itself, which it never connects to. */
  readonly guard: SelfTargetGuard
}

/** Connects to an origin; rejects with a `DialError`. The socket is paused, keeps half-closes and sends without delay. */
export function dial(target: DialTarget, onSocket: (socket: Socket) => void): Promise<Socket> {
  const { host, port, timeoutMs } = target
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, lookup: guardedLookup(target) })
    onSocket(socket)
    let isResolved = isIP(host) !== 0
    const onLookup = () => {
      isResolved = true
    }
    const fail = (refusal: RefusalCode, detail: string) => {
      clearTimeout(deadline)
      socket.destroy()
      reject(new DialError(refusal, detail))
    }
    const deadline = setTimeout(() => {
      if (isResolved) fail('origin_timeout', `no connection to ${host}:${port} within ${timeoutMs} ms`)
      else fail('origin_dns_timeout', `no address for ${host} within ${timeoutMs} ms`)
    }, timeoutMs)
    const onError = (error: NodeJS.ErrnoException) => fail(refusalOf(error), describe(error, host, port))
    const onClose = () => fail('origin_unreachable', 'given up before the origin answered')
    socket.once('lookup', onLookup).once('error', onError).once('close', onClose)
    socket.once('connect', () => {
      clearTimeout(deadline)
      // What stays keeps all of this alive as long as the socket. Not `removeAllListeners`: it costs a socket 0.7 KB in Node's table of them.
      socket.off('lookup', onLookup).off('error', onError).off('close', onClose)
      // A reset between two stages must not be an uncaught 'error'; the next stage reads `destroyed`.
      socket.on('error', ignore)
      resolve(socket)
    })
  })
}

function ignore(): void {}

/** Shared by all dials of the thread. */
const addresses = new AddressLookup()

/** The system's look-up, refusing addresses that are the proxy itself: a public name can resolve to loopback (DNS rebinding). */
function guardedLookup(target: DialTarget): LookupFunction {
  return (hostname, options, callback) => {
    addresses.find(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, '', 0)
        return
      }
      const allowed = found.filter(({ address }) => !target.guard.isSelfAddress(address, target.port))
      const first = allowed[0]
      if (first === undefined) callback(Object.assign(new Error(`${hostname} resolves to the proxy itself`), { code: SELF_TARGET }), '', 0)
      else if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

const SELF_TARGET = 'SOTH_SELF_TARGET'

function refusalOf(error: NodeJS.ErrnoException): RefusalCode {
  switch (error.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NONAME':
    case 'ENODATA':
      return 'origin_unresolvable'
    case 'ECONNREFUSED':
      return 'origin_refused'
    case 'ECONNRESET':
      return 'origin_reset'
    case 'ETIMEDOUT':
      return 'origin_timeout'
    case 'EMFILE':
    case 'ENFILE':
      return 'session_limit'
    case SELF_TARGET:
      return 'self_target'
    default:
      return 'origin_unreachable'
  }
}

/** Happy Eyeballs reports an AggregateError without a message of its own: name each attempt. */
function describe(error: NodeJS.ErrnoException & { errors?: Error[] }, host: string, port: number): string {
  const attempts = error.errors?.map((attempt) => attempt.message).join('; ')
  return `${host}:${port}: ${attempts ?? error.message}`
}
