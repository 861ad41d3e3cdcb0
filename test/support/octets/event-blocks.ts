/**
 * The blocks of an event stream, found as naively as it reads: the model that tests compare with. Octets as Latin-1.
 */

export interface Block {
  readonly text: string
  readonly isEvent: boolean
  readonly type: string
}

export interface Blocks {
  /** The byte order mark, as far as it is there. */
  readonly mark: string
  readonly blocks: readonly Block[]
  /** Lines behind the last empty one. */
  readonly rest: string
}

const MARK = '\xef\xbb\xbf'

export function blocksOf(body: string): Blocks {
  let markBytes = 0
  while (markBytes < MARK.length && body[markBytes] === MARK[markBytes]) markBytes++
  // A mark that is not whole begins the first line: that has no known name, and is not empty.
  const broken = markBytes < MARK.length ? body.slice(0, markBytes) : ''
  const blocks: Block[] = []
  let lines: string[] = []
  const [...matches] = body.slice(markBytes).matchAll(/([^\r\n]*)(\r\n|\r|\n)|[^\r\n]+$/g)
  for (const [text, line] of matches) {
    lines.push(text)
    const isBroken = broken !== '' && blocks.length === 0 && lines.length === 1
    if (line !== '' || isBroken) continue
    blocks.push(blockOf(lines, blocks.length === 0 ? broken : ''))
    lines = []
  }
  return { mark: body.slice(0, markBytes), blocks, rest: lines.join('') }
}

function blockOf(lines: readonly string[], before: string): Block {
  let isEvent = false
  let type = ''
  for (const [index, text] of lines.entries()) {
    const line = (index === 0 ? before : '') + text.replace(/[\r\n]+$/, '')
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'data' && line !== '') isEvent = true
    if (name === 'event') type = value
  }
  return { text: lines.join(''), isEvent, type: type === '' ? 'message' : Buffer.from(type, 'latin1').toString() }
}
