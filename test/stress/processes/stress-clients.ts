/**
 * Many clients in one process: short connections, or sessions that are held and used again. argv: CA file.
 */

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { serve } from '../../../bench/support/child.ts'

interface Load {
  readonly proxyPort: number
  readonly originPort: number
  readonly count: number
  readonly concurrency: number
}

export interface Outcome {
  ok: number
  readonly failed: Record<string, number>
}

const DEADLINE_MS = 120_000
const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n')
const secureContext = createSecureContext({ ca: readFileSync(process.argv[2] ?? '') })
let held: TLSSocket[] = []

function open({ proxyPort, originPort }: Load): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const tcp = connect({ host: '127.0.0.1', port: proxyPort, noDelay: true })
    const fail = (why: string) => {
      clearTimeout(deadline)
      tcp.destroy()
      reject(new Error(why))
    }
    const deadline = setTimeout(() => fail('no session in time'), DEADLINE_MS)
    tcp.once('error', (error: NodeJS.ErrnoException) => fail(`tcp ${error.code}`))
    tcp.write(`CONNECT 127.0.0.1:${originPort} HTTP/1.1\r\nHost: 127.0.0.1:${originPort}\r\n\r\n`)
    tcp.once('data', (head) => {
      if (!head.toString('latin1').startsWith('HTTP/1.1 200')) return fail(`answer ${head.toString('latin1').slice(9, 12)}`)
      const secure = connectTls({ socket: tcp, servername: 'origin.test', secureContext })
      secure.once('secureConnect', () => {
        clearTimeout(deadline)
        resolve(secure)
      })
      secure.once('error', (error: NodeJS.ErrnoException) => fail(`tls ${error.code ?? error.message}`))
    })
    tcp.once('close', () => fail('closed before the session began'))
  })
}

/** One request, answered to its last octet. */
function exchange(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) {
      reject(new Error('closed before it was asked'))
      return
    }
    let text = ''
    const settle = (error?: Error) => {
      clearTimeout(deadline)
      socket.off('data', onData).off('close', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.endsWith('\r\n\r\nx')) settle()
    }
    const onClose = () => settle(new Error('closed instead of an answer'))
    const deadline = setTimeout(() => settle(new Error('no answer in time')), DEADLINE_MS)
    socket.on('data', onData).on('close', onClose)
    socket.write(REQUEST)
  })
}

/** Runs `task` so many times, so many at once. */
async function repeat(count: number, concurrency: number, task: (n: number) => Promise<void>): Promise<Outcome> {
  const outcome: Outcome = { ok: 0, failed: {} }
  let next = 0
  const lane = async () => {
    while (next < count) {
      try {
        await task(next++)
        outcome.ok++
      } catch (error) {
        const why = (error as Error).message
        outcome.failed[why] = (outcome.failed[why] ?? 0) + 1
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, concurrency) }, lane))
  return outcome
}

serve('ready', {
  short: (load: Load) =>
    repeat(load.count, load.concurrency, async () => {
      const socket = await open(load)
      await exchange(socket)
      socket.end()
    }),
  hold: (load: Load) =>
    repeat(load.count, load.concurrency, async () => {
      const socket = await open(load)
      held.push(socket)
      await exchange(socket)
    }),
  touch: ({ concurrency }: { concurrency: number }) => repeat(held.length, concurrency, (n) => exchange(held[n] as TLSSocket)),
  release: () => {
    for (const socket of held) socket.destroy()
    held = []
  },
})
