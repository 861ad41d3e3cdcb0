/**
 * ClientIdentities: which certificate an origin is given that asks for one. Worker thread.
 *
 * An identity goes to the hosts that it is for and to nobody else. What counts is the host that the client CONNECTs to, whose
 * certificate is verified; a name in the handshake that is none of the identity's own makes the origin act for somebody else, so
 * that it gets none.
 */

import type { ClientIdentity, HostIdentity } from '../../shared/client-identity.ts'
import { HostIndex } from '../../shared/policy/hosts/host-index.ts'
import { parseHostPattern } from '../../shared/policy/hosts/host-pattern.ts'

interface Entry {
  readonly identity: ClientIdentity
  readonly names: HostIndex
}

export class ClientIdentities {
  readonly #entries: readonly Entry[]

  constructor(identities: readonly HostIdentity[]) {
    this.#entries = identities.map(({ hosts, identity }) => {
      const names = new HostIndex()
      for (const text of hosts) names.add(parseHostPattern(text), 0)
      return { identity, names }
    })
  }

  identityFor(host: string, sni: string | undefined): ClientIdentity | undefined {
    if (this.#entries.length === 0) return undefined
    const entry = this.#entries.find(({ names }) => names.holds(host))
    return sni === undefined || entry?.names.holds(sni) === true ? entry?.identity : undefined
  }
}
