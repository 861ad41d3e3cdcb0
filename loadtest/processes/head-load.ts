/**
 * Heads under stress: each asked shape is sent on its own connection, whole or trickled; the answers are counted by status.
 *
 * argv: files of trusted roots. Asked `heads`.
 */

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSecureContext } from 'node:tls'
import { serve } from '../../bench/support/child.ts'
import { ResponseEnd } from '../../bench/support/response-end.ts'
import { openTls, type Route } from '../../bench/support/tunnel.ts'

export interface Heads {
  readonly route: Route
  readonly servername: string
  readonly connections: number
  readonly concurrency: number
  /** Requests on each connection. */
  readonly requests: number
  readonly fields: number
  readonly octets: number
  readonly answerFields: number
  readonly answerOctets: number
  /** Octets per write and milliseconds between writes; 0: the whole head at once. */
  readonly trickleOctets: number
  readonly trickleMs: number
}

/** Answers by status; `closed` where none came. */
export type HeadsOutcome = Readonly<Record<string, number>>

const secureContext = createSecureContext({ ca: process.argv.slice(2).map((file) => readFileSync(file)) })
const ANSWER_DEADLINE_MS = 120_000

function head(asked: Heads): Buffer {
  const fields = Array.from({ length: asked.fields }, (_, n) => `X-Field-${n}: ${'v'.repeat(asked.octets)}\r\n`)
  return Buffer.from(
    `GET /fields/${asked.answerFields}/${asked.answerOctets} HTTP/1.1\r\nHost: ${asked.servername}\r\n${fields.join('')}\r\n`,
  )
}

async function one(asked: Heads, octets: Buffer): Promise<string[]> {
  const statuses: string[] = []
  const socket = await openTls(asked.route, { secureContext, servername: asked.servername })
  socket.on('error', () => socket.destroy())
  try {
    for (let n = 0; n < asked.requests && !socket.destroyed; n++) {
      const end = new ResponseEnd()
      const answered = new Promise<string>((resolve) => {
        const deadline = setTimeout(() => socket.destroy(), ANSWER_DEADLINE_MS)
        const settle = (what: string) => {
          clearTimeout(deadline)
          socket.removeAllListeners('data')
          resolve(what)
        }
        socket.on('data', (chunk: Buffer) => {
          if (end.execute(chunk)) settle(String(end.status))
        })
        socket.once('close', () => settle(end.status > 0 ? String(end.status) : 'closed'))
      })
      if (asked.trickleOctets === 0) socket.write(octets)
      else {
        for (let at = 0; at < octets.length && socket.writable; at += asked.trickleOctets) {
          socket.write(octets.subarray(at, at + asked.trickleOctets))
          await sleep(asked.trickleMs)
        }
      }
      statuses.push(await answered)
    }
  } finally {
    socket.destroy()
  }
  return statuses
}

async function heads(asked: Heads): Promise<HeadsOutcome> {
  const octets = head(asked)
  const counts: Record<string, number> = {}
  let left = asked.connections
  const lane = async () => {
    while (left-- > 0) {
      const statuses = await one(asked, octets).catch((error: Error) => [error.message])
      for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: asked.concurrency }, lane))
  return counts
}

serve('ready', { heads })
