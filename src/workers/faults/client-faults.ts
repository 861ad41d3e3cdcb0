/**
 * ClientFaults: the faults that clients ask for themselves, by the field `x-soth-fault`, where a rule lets them (`fault_headers`). One
 * per shard and configuration. Worker thread.
 *
 * The field says what the flag `--fault` does, less conditions: it is about its own exchange. A field that is not understood is
 * answered with 400 and the reason, for a test that silently tests nothing is worse than one that fails.
 */

import {
  type FaultOptions,
  faultSchema,
  isReference,
  type ProfileReference,
  ruleFaultSchema,
  scopeOf,
} from '../../shared/faults/fault-schema.ts'
import { parseFaultText } from '../../shared/faults/fault-text.ts'
import { withTrigger } from '../../shared/faults/profiles/expand-profiles.ts'
import { ProfileLibrary } from '../../shared/faults/profiles/profile-library.ts'
import { NO_SLOT, type RuleFault } from '../../shared/faults/rule-fault.ts'
import { MAX_CLIENT_FAULT_CHARS, MAX_CLIENT_FAULTS } from '../../shared/limits/faults.ts'
import { ConfigError } from '../../shared/options/config-error.ts'

export const FAULT_FIELD = 'x-soth-fault'

export class ClientFaults {
  readonly #files: readonly string[]
  /** Read when a client first asks: no other flow has a use for it. */
  #library: ProfileLibrary | undefined = undefined
  readonly #known = new Map<string, readonly RuleFault[]>()

  /** `files`: the option `fault_profiles`. */
  constructor(files: readonly string[]) {
    this.#files = files
  }

  /** What the value of the field asks for; never nothing. */
  faultsFor(text: string): readonly RuleFault[] {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const faults = this.#read(text).map((options, index) => Object.freeze(ruleFault(options, index)))
    if (this.#known.size < MAX_CLIENT_FAULTS) this.#known.set(text, faults)
    return faults
  }

  #read(text: string): readonly FaultOptions[] {
    try {
      if (text.length > MAX_CLIENT_FAULT_CHARS) throw ConfigError.of(`has more than ${MAX_CLIENT_FAULT_CHARS} characters`, 'shorten it')
      this.#library ??= new ProfileLibrary(this.#files)
      return faultsOf(text, this.#library)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      return [complaint(error.message)]
    }
  }
}

function faultsOf(text: string, library: ProfileLibrary): readonly FaultOptions[] {
  const parsed = ruleFaultSchema.safeParse(parseFaultText(text, library).fault)
  const [first] = parsed.success ? parsed.data : []
  if (first === undefined) throw ConfigError.of(`"${text}" is no fault`, 'soth-mitm faults KIND lists the keys of a kind')
  const faults = isReference(first) ? ofProfile(first, library) : [first]
  const early = faults.find(({ kind }) => scopeOf(kind) !== 'exchange')
  if (early === undefined) return faults
  throw ConfigError.of(`"${early.kind}" acts on a connection, which is there before its requests`, 'put it into a rule')
}

function ofProfile(reference: ProfileReference, library: ProfileLibrary): readonly FaultOptions[] {
  const { name, faults } = library.find(reference.profile)
  return faults.map((fault) => withTrigger(fault, reference, name))
}

function complaint(reason: string): FaultOptions {
  const body = { error: { code: 'fault_not_understood', message: `${FAULT_FIELD}: ${reason}` } }
  return faultSchema.parse({ kind: 'respond', status: 400, body })
}

function ruleFault(options: FaultOptions, index: number): RuleFault {
  return { options, rule: FAULT_FIELD, index, slot: NO_SLOT, profile: options.profile }
}
