/**
 * OpaqueLayer: relays whatever passes and looks at nothing. For protocols that no layer reads, and after a layer has failed
 * open. Pure; worker thread.
 */

import { type Layer, type Outcome, PASS } from './layer.ts'

export class OpaqueLayer implements Layer {
  execute(): Outcome {
    return PASS
  }

  finish(): Outcome {
    return PASS
  }

  resume(): Outcome {
    return PASS
  }

  abort(): void {}
}
