/**
 * parseRegistrableDomain: the name of a domain that somebody can register (example.co.uk), by the Public Suffix List. No thread of
 * its own.
 *
 * A rule for a domain holds for it and every name below. Writing `.co.uk` in `match.host` is a rule for everybody's hosts; here it is
 * refused, and so is a host below a domain, which a reader would take for one.
 */

import { getDomain } from 'tldts'
import { ConfigError } from '../../options/problems/config-error.ts'
import { type HostPattern, parseHostPattern } from './host-pattern.ts'

/** Throws a ConfigError without a path for a text that is no such name. */
export function parseRegistrableDomain(text: string): HostPattern {
  const pattern = parseHostPattern(text)
  if (pattern.kind !== 'exact')
    throw ConfigError.of(`"${text}" is no domain name`, 'write it plainly, as in example.co.uk; patterns belong in match.host')
  const { name } = pattern
  // Suffixes of companies (github.io) count: what lies below one belongs to many.
  const domain = getDomain(name, { allowPrivateDomains: true })
  if (domain === null) {
    throw ConfigError.of(`"${text}" is a public suffix, under which others register`, `name a domain below it, as in example.${name}`)
  }
  if (domain !== name) throw ConfigError.of(`"${text}" is a host below the domain ${domain}`, `write ${domain}, or .${name} in match.host`)
  return { kind: 'suffix', name, includesName: true }
}
