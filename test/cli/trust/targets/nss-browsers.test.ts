/**
 * Firefox profiles and Chromium's database: where they are found, and which steps they need. Real databases are in trust-command.test.ts.
 */

import t from 'tap'
import { NSS_BROWSERS } from '../../../../src/cli/trust/targets/nss-browsers.ts'
import { FAKE_FILES, type FakeMachine, fakeMachine } from '../../../support/fake-machine.ts'

const [firefox, chromium] = NSS_BROWSERS
const ids = (machine: FakeMachine) => NSS_BROWSERS.filter((target) => target.detect(fakeMachine(machine))).map(({ id }) => id)

t.test('which browsers', async (t) => {
  t.same(ids({ programs: ['chromium'] }), ['chromium'])
  t.same(ids({ paths: ['/h/u/.pki/nssdb'] }), ['chromium'])
  t.same(ids({ platform: 'darwin', programs: ['chromium'] }), [], 'on macOS it uses the system store')
  const profile = '/h/u/.mozilla/firefox/abc.default/cert9.db'
  t.same(ids({ paths: [profile] }), ['firefox'])
  t.same(ids({ paths: ['/h/u/.mozilla/firefox/abc.default/prefs.js'] }), [], 'no database, no profile')
  const second = '/h/u/snap/firefox/common/.mozilla/firefox/xyz/cert9.db'
  t.equal(firefox?.install(FAKE_FILES, fakeMachine({ paths: [profile, second] })).length, 2, 'one step per profile')
})

t.test('a Chromium without a database gets one first', async (t) => {
  t.equal(chromium?.install(FAKE_FILES, fakeMachine({})).length, 3)
  t.equal(chromium?.install(FAKE_FILES, fakeMachine({ paths: ['/h/u/.pki/nssdb/cert9.db'] })).length, 1)
  t.same(chromium?.uninstall(FAKE_FILES, fakeMachine({})), [])
})

t.test('profiles on every platform', async (t) => {
  const table: readonly FakeMachine[] = [
    { platform: 'darwin', paths: ['/h/u/Library/Application Support/Firefox/Profiles/p/cert9.db'] },
    { platform: 'win32', env: { APPDATA: '/r' }, paths: ['/r/Mozilla/Firefox/Profiles/p/cert9.db'] },
    { paths: ['/h/u/.var/app/org.mozilla.firefox/.mozilla/firefox/p/cert9.db'] },
    { paths: ['/h/u/.thunderbird/p/cert9.db'] },
  ]
  for (const machine of table) {
    t.same(ids(machine), ['firefox'])
    t.match(firefox?.install(FAKE_FILES, fakeMachine(machine)), [{ command: ['certutil', '-A', '-d'] }])
  }
})
