/** LineFile: appends, rotates, keeps so many, reopens. */

import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync, readFileSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { LineFile } from '../../../src/aggregator/sinks/line-file.ts'

const text = (path: string) => readFileSync(path, 'utf8')

t.test('appends to what is there, readable by the owner only', async (t) => {
  const path = join(t.testdir(), 'events.ndjson')
  writeFileSync(path, 'old\n', { mode: 0o600 })
  const file = await LineFile.open({ path, rotateBytes: 100, rotateKeep: 1 })
  t.equal(await file.write([Buffer.from('new\n')]), 4)
  t.notOk(file.rotationDue)
  await file.close()
  t.equal(text(path), 'old\nnew\n')
  const fresh = join(t.testdir(), 'fresh.ndjson')
  await (await LineFile.open({ path: fresh, rotateBytes: 100, rotateKeep: 1 })).close()
  t.equal(statSync(fresh).mode & 0o777, 0o600)
})

t.test('rotates once the size is reached, counting what was there, and keeps the newest', async (t) => {
  const path = join(t.testdir(), 'events.ndjson')
  writeFileSync(path, '0'.repeat(9))
  const file = await LineFile.open({ path, rotateBytes: 10, rotateKeep: 2 })
  for (const line of ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(10))) {
    await file.write([Buffer.from(line)])
    t.ok(file.rotationDue)
    await file.rotate()
    t.notOk(file.rotationDue)
  }
  await file.write([Buffer.from('e')])
  await file.close()
  t.equal(text(path), 'e')
  t.equal(text(`${path}.1`), 'd'.repeat(10))
  t.equal(text(`${path}.2`), 'c'.repeat(10))
  t.notOk(existsSync(`${path}.3`))
})

t.test('keeps none where none are wanted', async (t) => {
  const path = join(t.testdir(), 'events.ndjson')
  const file = await LineFile.open({ path, rotateBytes: 1, rotateKeep: 0 })
  await file.write([Buffer.from('a')])
  await file.rotate()
  await file.write([Buffer.from('b')])
  await file.close()
  t.equal(text(path), 'b')
  t.notOk(existsSync(`${path}.1`))
})

t.test('reopens where somebody else has renamed the file', async (t) => {
  const path = join(t.testdir(), 'events.ndjson')
  const file = await LineFile.open({ path, rotateBytes: 100, rotateKeep: 1 })
  await file.write([Buffer.from('before')])
  renameSync(path, `${path}.moved`)
  await file.write([Buffer.from('-still')])
  await file.reopen()
  await file.write([Buffer.from('after')])
  await file.close()
  t.equal(text(`${path}.moved`), 'before-still')
  t.equal(text(path), 'after')
})

t.test('a rotation that fails leaves the open file in use, and is not due again at once', async (t) => {
  const directory = t.testdir({ 'events.ndjson.1': { occupied: 'a directory that is not empty' } })
  const path = join(directory, 'events.ndjson')
  const file = await LineFile.open({ path, rotateBytes: 1, rotateKeep: 1 })
  await file.write([Buffer.from('a')])
  await t.rejects(file.rotate())
  t.equal(await file.write([Buffer.from('')]), 0)
  t.notOk(file.rotationDue)
  await file.write([Buffer.from('b')])
  t.ok(file.rotationDue)
  await file.close()
  t.equal(text(path), 'ab')
})

t.test('a path that cannot be opened is the system’s error', async (t) => {
  await t.rejects(LineFile.open({ path: join(t.testdir(), 'no', 'such'), rotateBytes: 1, rotateKeep: 1 }), { code: 'ENOENT' })
})

const onUnix = process.platform === 'win32' ? { skip: 'Windows has no pipes in its file system' } : {}

t.test('a pipe: refused at once without a reader, written to while there is one, never rotated', onUnix, async (t) => {
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])
  await t.rejects(LineFile.open({ path, rotateBytes: 1, rotateKeep: 1 }), { code: 'ENXIO' })
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const file = await LineFile.open({ path, rotateBytes: 1, rotateKeep: 1 })
  await file.write([Buffer.from('a line\n')])
  t.notOk(file.rotationDue)
  const read = Buffer.alloc(16)
  t.equal(read.toString('utf8', 0, readSync(reader, read)), 'a line\n')
  // More than any pipe holds: what does not fit is the next write's.
  const much = Buffer.alloc(8_388_608)
  t.ok((await file.write([much])) < much.length)
  await t.rejects(file.write([much]), { code: 'EAGAIN' })
  closeSync(reader)
  await t.rejects(file.write([much]), { code: 'EPIPE' })
  t.notOk(file.isEndedBy(), 'another reader may come')
  await file.close()
})

t.test('a device is never renamed away', onUnix, async (t) => {
  const file = await LineFile.open({ path: '/dev/null', rotateBytes: 1, rotateKeep: 1 })
  await file.write([Buffer.from('much more than rotateBytes')])
  t.notOk(file.rotationDue)
  await file.close()
})
