/** The search through processes, on a made-up /proc. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ProcessSearch } from '../../../src/acceptor/owners/process-search.ts'

const uid = process.getuid?.() ?? 0

function makeProcess(root: string, pid: string, sockets: readonly number[], program?: string): void {
  mkdirSync(join(root, pid, 'fd'), { recursive: true })
  for (const [at, inode] of sockets.entries()) symlinkSync(`socket:[${inode}]`, join(root, pid, 'fd', String(at + 3)))
  writeFileSync(join(root, pid, 'comm'), `comm of ${pid}\n`)
  if (program !== undefined) symlinkSync(program, join(root, pid, 'exe'))
}

t.test('who holds a socket', async (t) => {
  const root = t.testdir()
  makeProcess(root, '100', [7, 8], '/usr/bin/curl')
  makeProcess(root, '200', [9], '/opt/a program (deleted)')
  makeProcess(root, '300', [10])
  mkdirSync(join(root, 'self'))
  const search = new ProcessSearch(root)
  const nameOf = (inode: number, user = uid, isOver = () => false) => search.nameOf(inode, user, isOver)
  t.equal(await nameOf(8), 'curl')
  t.equal(await nameOf(9), 'a program', 'replaced while it runs')
  t.equal(await nameOf(10), 'comm of 300', 'its file may not be seen')
  t.equal(await nameOf(7), 'curl', 'found again')
  t.equal(await nameOf(99), undefined, 'nobody')
  t.equal(await nameOf(8, uid + 1), undefined, 'of another user')
  t.equal(await nameOf(8, uid, () => true), undefined, 'too late')
  t.equal(await new ProcessSearch(join(root, 'absent')).nameOf(8, uid, () => false), undefined)
})

t.test('those found lately come first', async (t) => {
  const root = t.testdir()
  makeProcess(root, '100', [7], '/usr/bin/curl')
  for (let pid = 200; pid < 230; pid++) makeProcess(root, String(pid), [pid])
  const search = new ProcessSearch(root)
  let asked = 0
  const count = () => ++asked < 0
  await search.nameOf(7, uid, count)
  const first = asked
  asked = 0
  t.equal(await search.nameOf(7, uid, count), 'curl')
  t.ok(asked < first && asked <= 2, `${asked} looks in the place of ${first}`)
})
