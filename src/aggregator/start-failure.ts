/**
 * StartFailure: why the aggregator could not start, in one line for the operator. Crosses threads as an
 * `AggregatorFailure`; thrown on either side.
 */

import type { AggregatorFailure } from '../shared/aggregator-protocol.ts'

export class StartFailure extends Error {
  override readonly name = 'StartFailure'
  readonly code: AggregatorFailure['code']

  constructor(code: AggregatorFailure['code'], message: string) {
    super(message)
    this.code = code
  }
}
