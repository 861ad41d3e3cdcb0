/** LineFile: appends, rotates, keeps so many, reopens. */

import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
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
