/**
 * Body edits for tests: small ones that say by octets what is to happen, so that what they do never depends on the split.
 */

import type { BodyEdit, BodySink } from '../../../src/workers/layers/http/body-mutator.ts'

/** What an octet of the body makes happen, by its character; other octets are sent in upper case. */
export type Script = Readonly<Record<string, (out: BodySink) => void>>

export function scriptedEdit(script: Script, more: Partial<BodyEdit> = {}): BodyEdit {
  return {
    keepsLength: false,
    headDelayMs: 0,
    execute(bytes, out) {
      for (const octet of bytes) {
        const character = String.fromCharCode(octet)
        const act = script[character]
        if (act === undefined) out.write(Buffer.from(character.toUpperCase(), 'latin1'))
        else act(out)
      }
    },
    finish(out) {
      script['finish']?.(out)
    },
    ...more,
  }
}

/** Takes the chunks of an HTTP/1.1 body apart: data, then what follows the last chunk's line. Throws where they are none. */
export function unchunked(body: string): { data: string; rest: string; isComplete: boolean } {
  let data = ''
  let at = 0
  for (;;) {
    if (at === body.length) return { data, rest: '', isComplete: false }
    const lineEnd = body.indexOf('\r\n', at)
    const line = body.slice(at, lineEnd)
    if (lineEnd === -1 || !/^[0-9a-f]+$/i.test(line)) throw new Error(`no chunk: ${JSON.stringify(body.slice(at))}`)
    const size = Number.parseInt(line, 16)
    at = lineEnd + 2
    if (size === 0) return { data, rest: body.slice(at), isComplete: true }
    if (body.slice(at + size, at + size + 2) !== '\r\n') throw new Error(`no end of a chunk: ${JSON.stringify(body.slice(at))}`)
    data += body.slice(at, at + size)
    at += size + 2
  }
}
