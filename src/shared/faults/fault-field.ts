/**
 * The field by which clients ask for a fault of their own exchange, where a rule lets them (`fault_headers`). No thread of its own.
 */

export const FAULT_FIELD = 'x-soth-fault'
