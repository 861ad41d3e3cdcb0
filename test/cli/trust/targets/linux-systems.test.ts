/**
 * The system stores of Linux distributions: which one a machine has, and the steps of each. Nothing is run.
 */

import t from 'tap'
import { LINUX_SYSTEMS } from '../../../../src/cli/trust/targets/linux-systems.ts'
import { FAKE_FILES, type FakeMachine, fakeMachine } from '../../../support/fake-machine.ts'

const ids = (machine: FakeMachine) => LINUX_SYSTEMS.filter((target) => target.detect(fakeMachine(machine))).map(({ id }) => id)
const commands = (machine: FakeMachine) =>
  LINUX_SYSTEMS.find(({ id }) => id === 'debian')
    ?.uninstall(FAKE_FILES, fakeMachine(machine))
    .map((step) => (step.kind === 'run' ? step.command.join(' ') : step.kind))

t.test('which distribution', async (t) => {
  t.same(ids({ distributions: ['ubuntu', 'debian'] }), ['debian'], 'one entry for both')
  t.same(ids({ distributions: ['rocky', 'rhel', 'centos', 'fedora'] }), ['fedora'])
  t.same(ids({ distributions: ['gentoo'] }), [])
  t.same(ids({ platform: 'darwin', distributions: ['debian'] }), [])
})

t.test("Debian's fresh rebuild leaves what it copied into Java's store", async (t) => {
  const rebuilt = ['rm -f /usr/local/share/ca-certificates/soth-mitm.crt', 'update-ca-certificates --fresh']
  const cacerts = '/etc/ssl/certs/java/cacerts'
  t.same(commands({ programs: ['keytool'], paths: [cacerts] }), [
    ...rebuilt,
    `keytool -delete -keystore ${cacerts} -storepass changeit -alias debian:soth-mitm.pem`,
  ])
  t.same(commands({ programs: ['keytool'] }), rebuilt, 'no such store')
  t.same(commands({ paths: [cacerts] }), rebuilt, 'no Java')
})
