/**
 * isAscii: whether a text has no character beyond ASCII. No thread of its own.
 */

/** By loop: the texts are short, and a pattern costs several times as much. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false
  return true
}
