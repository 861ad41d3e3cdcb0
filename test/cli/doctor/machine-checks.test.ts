/**
 * Each check of the machine, right and wrong, on made-up facts, real files and real ports.
 */

import { chmodSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import {
  checkCaExpiry,
  checkCaPermissions,
  checkClock,
  checkDescriptors,
  checkHandOff,
  checkNode,
  checkPort,
} from '../../../src/cli/doctor/machine-checks.ts'
import { CaStore } from '../../../src/workers/tls/ca/ca-store.ts'
import { createAuthority } from '../../../src/workers/tls/ca/create-authority.ts'
import { shortDirectory } from '../../support/short-directory.ts'

const DAY_MS = 86_400_000

t.test('Node', async (t) => {
  const table = [
    ['20.18.0', '3.0.15', 'failed'],
    ['18.99.0', '3.0.15', 'failed'],
    ['20.18.1', '3.0.15', 'warning'],
    ['22.0.0', '3.5.0', 'ok'],
    ['26.10.0', '3.5.8', 'ok'],
  ] as const
  for (const [version, openssl, status] of table) t.equal(checkNode(version, openssl).status, status, version)
})

t.test('descriptors and hand-off', async (t) => {
  t.match(checkDescriptors(2, 1_024), { status: 'warning', detail: /^1024: up to \d+ sessions$/, remedy: /ulimit/ })
  t.match(checkDescriptors('auto', 65_536), { status: 'ok' })
  t.match(checkDescriptors(0, undefined), { status: 'ok', detail: /no limit/ })
  t.match(checkHandOff('no koffi'), { status: 'warning', detail: 'no koffi: all connections run on one thread' })
  t.match(
    checkHandOff((fd) => fd),
    { status: 'ok' },
  )
})

t.test('the CA and the clock', async (t) => {
  const directory = join(t.testdir(), 'ca')
  const opened = new CaStore(directory, Date.now).open()
  const { notAfterMs, notBeforeMs } = opened.authority
  t.match(checkCaExpiry(opened, Date.now()), { status: 'ok' })
  t.match(checkCaExpiry(opened, notAfterMs - 10 * DAY_MS), { status: 'warning', remedy: /ca rotate/ })
  t.match(checkClock(opened, Date.now()), { status: 'ok' })
  t.match(checkClock(opened, notBeforeMs - DAY_MS), { status: 'failed', remedy: 'set the clock' })
  t.match(checkClock(undefined, 0), { status: 'failed' })
  if (process.platform === 'win32') return
  t.match(checkCaPermissions(opened), { status: 'ok' })
  chmodSync(directory, 0o777)
  t.match(checkCaPermissions(opened), { status: 'failed', remedy: `chmod 700 ${directory}` })
  chmodSync(opened.keyFile, 0o644)
  t.match(checkCaPermissions(new CaStore(directory, Date.now).load()), { status: 'failed', detail: /chmod 600/ })
})

t.test('a running engine, with this CA and with another', async (t) => {
  const { material, certificate } = createAuthority(Date.now())
  const engine = createHttpServer((_asked, response) => void response.end(material.certificatePem))
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve))
  t.teardown(() => engine.close())
  const place = `127.0.0.1:${(engine.address() as AddressInfo).port}`
  t.match(await checkPort('listen', place), { status: 'ok', detail: /a running engine/ })
  t.match(await checkPort('listen', place, certificate.fingerprint256), { status: 'ok', detail: /a running engine/ })
  const other = createAuthority(Date.now()).certificate.fingerprint256
  t.match(await checkPort('listen', place, other), { status: 'failed', detail: /another CA/, remedy: /--ca-dir.*reload/ })
})

t.test('ports', async (t) => {
  const server = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end('SSH-2.0-x\r\n'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const taken = `127.0.0.1:${(server.address() as AddressInfo).port}`
  t.match(await checkPort('listen', taken), { status: 'failed', detail: 'another program has it', remedy: /--listen/ })
  t.match(await checkPort('admin', taken), { status: 'warning' })
  await new Promise((resolve) => server.close(resolve))
  t.match(await checkPort('listen', taken), { status: 'ok', detail: 'free' })
  t.match(await checkPort('listen', '192.0.2.1:8080'), { status: 'failed', detail: 'this machine has no such address (EADDRNOTAVAIL)' })
  t.match(await checkPort('listen', `unix:${join(shortDirectory(t), 's')}`), { status: 'ok' })
})
