/**
 * The names of an event stream's fields (WHATWG HTML §9.2.6), as its readers compare them: packed big-endian into one number (≤ 5
 * octets < 2⁵³). The length is to be compared too: `\0data` packs as `data` does. Worker thread.
 */

export const DATA = 0x64617461
export const EVENT = 0x6576656e74
export const ID = 0x6964
export const RETRY = 0x7265747279
/** A longer name is unknown. */
export const LONGEST_NAME = 5
