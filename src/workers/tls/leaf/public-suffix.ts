/**
 * isPublicSuffix: whether a name is one under which the public registers domains, by the Public Suffix List: a wildcard on it
 * would be for everybody's hosts. Worker thread.
 */

import { getPublicSuffix } from 'tldts'

export function isPublicSuffix(name: string): boolean {
  return getPublicSuffix(name, { allowPrivateDomains: true }) === name
}
