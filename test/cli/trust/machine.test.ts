/**
 * os-release of several distributions, and the machine that the test runs on.
 */

import t from 'tap'
import { distributionsOf, thisMachine } from '../../../src/cli/trust/machine.ts'

t.test('os-release', async (t) => {
  t.same(distributionsOf('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n'), ['ubuntu', 'debian'])
  t.same(distributionsOf('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9"\n'), ['rocky', 'rhel', 'centos', 'fedora'])
  t.same(distributionsOf("ID='alpine'\n"), ['alpine'])
  t.same(distributionsOf('\0garbage'), [])
})

t.test('this machine, with an environment of its own', async (t) => {
  const directory = t.testdir({ bin: {}, file: '' })
  const machine = thisMachine({ PATH: `${process.env['PATH']}`, HOME: directory })
  t.equal(machine.home, directory)
  t.type(machine.find('node'), 'string')
  t.equal(machine.find('no-such-program-here'), undefined)
  t.equal(thisMachine({ PATH: directory }).find('bin'), undefined, 'a directory is no program')
  t.equal(machine.writable(`${directory}/new`), true, 'what does not exist yet, in a directory that can be written')
  t.equal(machine.writable(`${directory}/no/such`), false)
  t.same(machine.list(directory), ['bin', 'file'])
  t.same(machine.list(`${directory}/none`), [])
})
