/**
 * What the event stream parser tells: one call per dispatched event, one at the end for an event that never was.
 * Worker thread; called synchronously while bytes are executed.
 */

import type { StreamEvent } from './stream-event.ts'

export interface EventStreamHandler {
  /** A blank line dispatched `event`. Reused: valid during the call only. */
  onEvent(event: StreamEvent): void
  /**
   * The stream ended inside `event`: a browser discards it (WHATWG HTML §9.2.6, "end of file"), an observer wants to know,
   * because an LLM's answer that was cut off looks like this.
   */
  onIncompleteEvent(event: StreamEvent): void
}
