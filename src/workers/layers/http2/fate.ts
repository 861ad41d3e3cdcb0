/**
 * What becomes of a frame that has been read. Worker thread.
 */

import type { Http2Violation } from '../../../shared/violations/http2.ts'

/** It goes on as it came. */
export const FORWARD = 0
/** It ends here; what takes its place, if anything, has been inserted. */
export const DROP = 1
/** It waits, and the direction with it. */
export const BLOCK = 2

/** A violation is a connection error by the sender of the frame. */
export type Fate = typeof FORWARD | typeof DROP | typeof BLOCK | Http2Violation
