/**
 * Words of a POSIX shell (POSIX.1-2024, Shell Command Language §2.2.2): what is printed can be pasted. Text only; no thread of its own.
 */

/** `text` as one word. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ')
}
