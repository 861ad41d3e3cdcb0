/**
 * Why a test cannot run on this machine, for tap's `skip`; false where it can.
 */

import { thisMachine } from '../../src/cli/trust/machine.ts'

export function lacking(...programs: readonly string[]): string | false {
  const machine = thisMachine()
  const missing = programs.filter((program) => machine.find(program) === undefined)
  return missing.length === 0 ? false : `${missing.join(', ')} not on this machine`
}
