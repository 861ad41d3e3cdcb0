/** UnixAddress: a socket that is its owner's from the first moment; what stands in its place. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { UnixAddress } from '../../../src/aggregator/sidecar/unix-address.ts'

/** The paths of test directories are too long for a socket. */
function shortDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'soth-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function serve(t: Test, path: string): Promise<UnixAddress> {
  const address = await UnixAddress.reserve(path)
  const server = createServer().listen(address.bindPath)
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  await address.place()
  return address
}

const MODE_BITS = 0o777

t.test('a socket that only its owner may use; nothing else is left in the directory', async (t) => {
  const directory = shortDirectory(t)
  const path = join(directory, 'soth.sock')
  const address = await serve(t, path)
  t.equal(statSync(path).mode & MODE_BITS, 0o600)
  t.same(readdirSync(directory), ['soth.sock'])
  await t.rejects(UnixAddress.reserve(path), { code: 'EADDRINUSE' }, 'a live one stays')
  await address.release()
  t.same(readdirSync(directory), [])
})

t.test('a socket that nobody listens on is replaced', async (t) => {
  const directory = shortDirectory(t)
  const path = join(directory, 'soth.sock')
  const first = await UnixAddress.reserve(path)
  const server = createServer().listen(first.bindPath)
  await new Promise((resolve) => server.once('listening', resolve))
  await first.place()
  // The server unlinks the name that it bound, which is gone: what is left is what a killed process leaves.
  await new Promise((resolve) => server.close(resolve))
  t.ok(existsSync(path))
  await serve(t, path)
  t.ok(statSync(path).isSocket())
})

t.test('a file of another kind, and a directory that is none, are refused', async (t) => {
  const directory = shortDirectory(t)
  const path = join(directory, 'file')
  writeFileSync(path, 'precious')
  await t.rejects(UnixAddress.reserve(path), { code: 'EADDRINUSE' })
  t.ok(existsSync(path))
  await t.rejects(UnixAddress.reserve(join(directory, 'no', 'such')), { code: 'ENOENT' })
})

t.test('what was reserved and never bound leaves nothing', async (t) => {
  const directory = shortDirectory(t)
  const address = await UnixAddress.reserve(join(directory, 's'))
  await address.release()
  t.same(readdirSync(directory), [])
})

t.test('a path that a socket address cannot hold is refused, not cut', async (t) => {
  const directory = shortDirectory(t)
  const long = join(directory, 'd'.repeat(90))
  mkdirSync(long)
  await t.rejects(UnixAddress.reserve(join(long, 's')), { code: 'ENAMETOOLONG' })
  t.same(readdirSync(long), [])
})
