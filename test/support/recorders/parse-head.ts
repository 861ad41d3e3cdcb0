/**
 * Runs a HeadParser over chunks and tells what came out, as plain data that `t.same` can compare.
 */

import { HeadParser, isViolation, NEED_MORE } from '../../../src/acceptor/head/head-parser.ts'
import type { ParsedHead } from '../../../src/acceptor/head/parsed-head.ts'

const DEFAULT_LIMITS = { headBytes: 65_536, headFields: 256 }

export interface HeadFacts {
  readonly kind: string
  readonly method: string
  readonly target: string
  readonly host: string
  readonly port: number
  readonly path: string
  readonly version: number
  readonly fields: readonly string[]
  readonly raw: string
  /** Everything after the head, whatever the split. */
  readonly rest: string
}

/** The head, the code of the violation, or `NEED_MORE`; feeds no chunk after an outcome. */
export function parseHead(chunks: readonly Uint8Array[], limits = DEFAULT_LIMITS, ends = false): HeadFacts | string {
  const parser = new HeadParser(limits)
  for (let i = 0; i < chunks.length; i++) {
    const outcome = parser.execute(chunks[i] as Uint8Array)
    if (outcome === NEED_MORE) continue
    if (isViolation(outcome)) return outcome.code
    return facts(outcome, chunks.slice(i + 1))
  }
  return (ends ? parser.finish()?.code : undefined) ?? 'NEED_MORE'
}

/** `parseHead` of one string, one character an octet. */
export function parseText(text: string): HeadFacts | string {
  return parseHead([Buffer.from(text, 'latin1')])
}

function facts(head: ParsedHead, later: readonly Uint8Array[]): HeadFacts {
  const { kind, method, target, host, port, path, version } = head
  const fields = Array.from({ length: head.fields.count }, (_, line) => `${head.fields.name(line)}=${head.fields.value(line)}`)
  const rest = Buffer.concat([head.rest, ...later]).toString('latin1')
  return { kind, method, target, host, port, path, version, fields, raw: Buffer.from(head.raw).toString('latin1'), rest }
}
