/** Opens the CA of a directory at a given instant and prints the fingerprint: run by several processes at once. */

import { CaStore } from '../../../src/workers/tls/ca/ca-store.ts'

const [directory = '', startAtMs = '0'] = process.argv.slice(2)
while (Date.now() < Number(startAtMs)) {
  // All processes leave this loop in the same millisecond.
}
const { authority, created } = new CaStore(directory, Date.now).open()
process.stdout.write(`${authority.certificate.fingerprint256} ${created}\n`)
