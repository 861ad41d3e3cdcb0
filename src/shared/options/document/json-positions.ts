/**
 * Where things stand in a JSON text: duplicate keys, which `JSON.parse` swallows, and the offset of a path, which it forgets.
 *
 * One pass over a text that `JSON.parse` has accepted; strings are skipped by `indexOf`, nesting is a list, not the stack. The yaml
 * package could read JSON too, with positions, but takes 10 s and 1.7 GB for 100,000 rules. No thread of its own.
 */

import { foldKey } from '../fold-keys.ts'
import type { OptionPath } from '../problems/config-error.ts'

/** Told each key and list item in order, `depth` from 0; a visitor that returns true ends the pass. */
type Visitor = (depth: number, step: string | number, offset: number) => boolean

/** Offset of the first key that its object has already, or undefined. `value`: what `JSON.parse` made of `text`. */
export function duplicateKeyOffset(text: string, value: unknown): number | undefined {
  // A key that was swallowed is missing in the count: where none is, nothing has to be remembered to find it.
  return colonsOutsideStrings(text) === keysWithin(value) ? undefined : firstDuplicate(text)
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c

function colonsOutsideStrings(text: string): number {
  let colons = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) isInString = !isInString
    else if (isInString) at += code === BACKSLASH ? 1 : 0
    else if (code === COLON) colons++
  }
  return colons
}

function keysWithin(value: unknown): number {
  let keys = 0
  const pending = [value]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== 'object' || next === null) continue
    if (Array.isArray(next)) {
      for (const item of next) if (typeof item === 'object' && item !== null) pending.push(item)
      continue
    }
    for (const key in next) {
      keys++
      const item = (next as Record<string, unknown>)[key]
      if (typeof item === 'object' && item !== null) pending.push(item)
    }
  }
  return keys
}

function firstDuplicate(text: string): number | undefined {
  const seen: Set<string | number>[] = []
  let found: number | undefined
  walk(text, (depth, step, offset) => {
    // Deeper objects have ended; this one's own set is at its depth.
    seen.length = Math.min(seen.length, depth + 1)
    let keys = seen[depth]
    if (keys === undefined || step === 0) {
      keys = new Set()
      seen[depth] = keys
    }
    if (typeof step === 'string' && keys.has(step)) found = offset
    keys.add(step)
    return found !== undefined
  })
  return found
}

/** Offset of the key or item at `path`, or of the nearest one that encloses it. Keys are compared folded. */
export function pathOffset(text: string, path: OptionPath): number | undefined {
  let matched = 0
  let found: number | undefined
  walk(text, (depth, step, offset) => {
    if (depth < matched) return true
    if (depth > matched || !sameStep(step, path[depth])) return false
    found = offset
    matched = depth + 1
    return matched === path.length
  })
  return found
}

function sameStep(step: string | number, wanted: string | number | undefined): boolean {
  return typeof step === 'string' && typeof wanted === 'string' ? foldKey(step) === foldKey(wanted) : step === wanted
}

/** An open object counts −1; an open list counts its items from 0. */
const OBJECT = -1

function walk(text: string, visit: Visitor): void {
  const open: number[] = []
  /** The next thing is a key of an object, or an item of a list. */
  let expectsStep = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === ' ' || character === '\n' || character === '\r' || character === '\t' || character === ':') continue
    if (character === '}' || character === ']') {
      open.pop()
      expectsStep = false
      continue
    }
    if (character === ',') {
      expectsStep = true
      continue
    }
    const depth = open.length - 1
    const container = open[depth]
    const end = character === '"' ? stringEnd(text, at) : at + 1
    if (expectsStep && container !== undefined) {
      const step = container === OBJECT ? (JSON.parse(text.slice(at, end)) as string) : container
      if (visit(depth, step, at)) return
      if (container !== OBJECT) open[depth] = container + 1
      expectsStep = false
    }
    if (character === '{' || character === '[') {
      open.push(character === '{' ? OBJECT : 0)
      expectsStep = true
    }
    at = end - 1
  }
}

/** Offset behind the closing quote of the string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); ; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0
    while (text[quote - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return quote + 1
  }
}
