/**
 * Stories of hpack-test-case: header blocks of one encoder, in order, with what they decode to.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface HpackCase {
  readonly header_table_size?: number | null
  /** Hexadecimal. */
  readonly wire: string
  readonly headers: readonly Readonly<Record<string, string>>[]
}

/** The cases of every story in `folder`, by file name. */
export function readStories(folder: string): Map<string, readonly HpackCase[]> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return new Map(files.map((file) => [file, (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { cases: HpackCase[] }).cases]))
}

/** The lines that a case decodes to, as `HeaderList` writes them, in Latin-1. */
export function linesOf(story: HpackCase): string {
  const text = story.headers.flatMap((header) => Object.entries(header)).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(text.join('')).toString('latin1')
}
