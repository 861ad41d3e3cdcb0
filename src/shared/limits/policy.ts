/**
 * Limits of policy: what a user's pattern may cost, and how long the owner of a connection is looked for. No thread of its own.
 */

/** Characters of one pattern, as written. */
export const PATTERN_CHARS = 512

/** Instructions of a compiled regular expression: some 30 alternatives of 30 characters. */
export const EXPRESSION_INSTRUCTIONS = 1_000

/**
 * Instructions × characters of one search. A step takes 12 to 29 ns at worst (re2js 2.10 on Node 20 and 26, on a busy machine), so a search ends within
 * 60 ms whatever pattern and text are.
 */
export const EXPRESSION_STEPS = 2_000_000

/** Rules with conditions or options whose parsed form a thread keeps: some 1 KB each, so 16 MB at most. */
export const DETAILS_KEPT = 16_384

/** Milliseconds that a local connection waits at most for its owner to be found: many times what a search takes on an idle machine. */
export const OWNER_DEADLINE_MS = 2_000

/** Descriptors of a process that are looked at at once. */
export const DESCRIPTORS_AT_ONCE = 64

/** Processes that are looked at first, because a connection of theirs came lately. */
export const RECENT_PROCESSES = 16
