/**
 * Opens another connection in the place of a parked one that its origin has closed before it answered anything, as happens where both
 * meet on the way (RFC 9112 §9.3.1). Worker thread.
 */

import type { Socket } from 'node:net'
import { AwaitedOrigin } from '../origin/awaited-origin.ts'
import { type NoOrigin, type OriginWish, openFreshOrigin } from '../origin/open-origin.ts'
import type { OpenOrigin } from '../origin/origin-pool.ts'
import type { Endpoint } from '../relay-handler.ts'
import type { Session } from '../session.ts'

/**
 * Speaks what `lost` did: the client has been promised it. `onOutcome` is called before anything comes of the connection, with the reason
 * where there is none.
 */
export function reopenOrigin(
  session: Session,
  lost: OpenOrigin,
  wish: OriginWish,
  dial: () => Promise<Socket>,
  onOutcome: (failure: NoOrigin | undefined) => void,
): Endpoint {
  const { alpnProtocol } = lost.secure
  const alpn = typeof alpnProtocol === 'string' ? [alpnProtocol] : []
  session.context.counters.add('origins_reopened')
  // What stands before its socket is this relay's own.
  session.parkOrigin = () => false
  const open = async () => {
    const upstream = await openFreshOrigin(session, { ...wish, offer: { ...wish.offer, alpn } }, dial)
    const failure = 'refusal' in upstream ? upstream : undefined
    onOutcome(failure)
    return 'refusal' in upstream ? undefined : upstream
  }
  const stream = new AwaitedOrigin(open(), () => session.giveUpOrigin())
  return { stream, transport: stream }
}
