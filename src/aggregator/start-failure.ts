/**
 * StartFailure: why the aggregator could not start, in one line for the operator. Crosses threads as an
 * `AggregatorFailure`; thrown on either side.
 */

import type { AggregatorFailure } from '../shared/aggregator-protocol.ts'
import { UserError } from '../shared/errors.ts'

export class StartFailure extends UserError {
  override readonly name = 'StartFailure'
  readonly code: AggregatorFailure['code']

  constructor({ code, what, where, remedy }: AggregatorFailure) {
    super(what, where, remedy)
    this.code = code
  }
}

/** A failure of our own, for which there is no remedy but to report it. */
export function failed(message: string): AggregatorFailure {
  return { code: 'aggregator_failed', what: `the aggregator failed: ${message}`, where: '', remedy: 'report it, with the log' }
}
