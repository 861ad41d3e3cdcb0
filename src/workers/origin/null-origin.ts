/**
 * An origin that is not there: swallows what it is sent and says nothing, so that a session whose every request is answered
 * by the engine runs through the same relay as any other. Worker thread.
 */

import { Duplex } from 'node:stream'
import type { Endpoint } from '../relay-handler.ts'

class NullStream extends Duplex {
  override _read(): void {}

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    done()
  }

  /** The client has half-closed: so does the origin that is not there. */
  override _final(done: (error?: Error) => void): void {
    this.push(null)
    done()
  }

  resetAndDestroy(): this {
    return this.destroy()
  }
}

export function nullOrigin(): Endpoint {
  const stream = new NullStream({ allowHalfOpen: true })
  return { stream, transport: stream }
}
