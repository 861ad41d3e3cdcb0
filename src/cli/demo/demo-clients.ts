/**
 * The demo's clients: each one request through the proxy, and in a sentence what it saw. Main thread.
 */

import { ProxyAgent, request } from 'undici'

/** A demo answer takes milliseconds, on a busy machine a second or two; longer means that something is broken. */
const DEADLINE_MS = 20_000

export interface ClientWish {
  readonly proxy: string
  readonly url: string
  /** PEM of the CA the client trusts; none: its system's. */
  readonly trusts?: string
}

/** Never rejects: a failure is what some of the clients are there to show. */
export async function runClient({ proxy, url, trusts }: ClientWish): Promise<string> {
  const agent = new ProxyAgent({ uri: `http://${proxy}`, requestTls: trusts === undefined ? {} : { ca: trusts } })
  try {
    const { statusCode, body } = await request(url, { dispatcher: agent, signal: AbortSignal.timeout(DEADLINE_MS) })
    return `${statusCode}, ${(await body.arrayBuffer()).byteLength} octets`
  } catch (error) {
    return `failed: ${rootCause(error)}`
  } finally {
    await agent.destroy()
  }
}

function rootCause(error: unknown): string {
  let cause = error
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause
  if (!(cause instanceof Error)) return String(cause)
  const { code } = cause as NodeJS.ErrnoException
  return code === undefined || cause.message.includes(code) ? cause.message : `${cause.message} (${code})`
}
