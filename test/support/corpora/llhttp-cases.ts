/**
 * Reads the cases of llhttp's `test/**\/*.md`: a raw message in an `http` block, and the parser's callbacks in a `log` block.
 */

export interface LlhttpCase {
  readonly name: string
  /** `request`, `response`, or one of llhttp's lenient modes. */
  readonly type: string
  readonly input: Buffer
  readonly log: string
  /** It was parsed in llhttp's default mode: not leniently, and not told that there is no body. */
  readonly isDefault: boolean
  /** llhttp refuses the input. */
  readonly fails: boolean
}

const CASE = /<!-- meta=(\{.*?\})\s*-->\s*```http\n([\s\S]*?)```\s*```log\n([\s\S]*?)```/g
/** `Pause …` is how llhttp reports a switch of protocols; it is no refusal. */
const FAILURE = /error code=\d+ reason="(?!Pause)/

export function parseLlhttpCases(markdown: string): LlhttpCase[] {
  return Array.from(markdown.matchAll(CASE), (match) => {
    const heading =
      markdown
        .slice(0, match.index)
        .match(/^#+ (.*)$/gm)
        ?.at(-1) ?? ''
    const { type, skipBody = false } = JSON.parse(match[1] ?? '{}') as { type: string; skipBody?: boolean }
    const isDefault = !type.includes('lenient') && !skipBody
    const log = match[3] ?? ''
    return { name: heading.replace(/^#+ /, ''), type, isDefault, input: unescaped(match[2] ?? ''), log, fails: FAILURE.test(log) }
  })
}

/** Line breaks stand for CRLF, `\r`, `\n`, `\t`, `\f` and `\xNN` for octets, and a backslash joins two lines. */
function unescaped(block: string): Buffer {
  const text = block
    .replace(/\n$/, '')
    .replace(/\\\n/g, '')
    .replace(/\n/g, '\r\n')
    .replace(/\\r/g, '\r')
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/\\f/g, '\f')
    .replace(/\\x([0-9a-fA-F]{1,2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(text, 'latin1')
}
