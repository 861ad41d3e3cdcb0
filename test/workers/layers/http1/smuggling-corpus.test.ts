/**
 * 896 disguises of Transfer-Encoding (test/fixtures/smuggling-te-mutations), each with three bodies: one request in must never be
 * two out. Each is refused before any of it is forwarded, or is one request of the length that every reader sees.
 */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { CLIENT } from '../../../../src/shared/side.ts'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

interface Mutations {
  readonly prefix: string
  readonly lines: Readonly<Record<string, string>>
  readonly suffixes: Readonly<Record<string, string>>
}

const FIXTURE = new URL('../../../../../test/fixtures/smuggling-te-mutations/mutations.json', import.meta.url)

/** The lines that are no Transfer-Encoding to anybody: another field, or the value of one. */
const HARMLESS = ['X: X\tTransfer-Encoding: chunked', 'X: X\xa0Transfer-Encoding: chunked', 'Content-Encoding: chunked']

const decode = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('latin1')

t.test('no disguise of Transfer-Encoding gets through', async (t) => {
  const { prefix, lines, suffixes } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Mutations
  const refusals = new Map<string, number>()
  const forwarded = new Set<string>()
  for (const [name, line] of Object.entries(lines)) {
    for (const [variant, suffix] of Object.entries(suffixes)) {
      const raw = decode(prefix) + decode(line) + decode(suffix)
      const recorder = new HttpRecorder()
      const relay = new LayerRelay(new Http1Layer({ handler: recorder }))
      relay.feed(CLIENT, raw)
      const heads = recorder.facts.filter((fact) => fact.fact === 'requestHead')
      if (heads.length === 0) {
        const code = recorder.violations.join()
        refusals.set(code, (refusals.get(code) ?? 0) + 1)
        const isRefused = relay.toOrigin === '' && /^HTTP\/1\.1 (400|501) /.test(relay.toClient) && relay.close !== undefined
        if (!isRefused) t.fail(`${name} ${variant}: not refused as a whole`)
        continue
      }
      forwarded.add(decode(line))
      const head = raw.slice(0, raw.indexOf('\r\n\r\n') + 4)
      const length = Number(/Content-Length: (\d+)/.exec(head)?.[1])
      if (heads.length !== 1 || heads[0]?.framing !== 'length' || relay.toOrigin !== raw.slice(0, head.length + length)) {
        t.fail(`${name} ${variant}: forwarded ${JSON.stringify(relay.toOrigin)}`)
      }
    }
  }
  t.equal(Object.keys(lines).length, 896)
  t.same([...forwarded].toSorted(), HARMLESS.toSorted(), 'only lines that nobody reads as Transfer-Encoding are forwarded')
  const total = [...refusals.values()].reduce((sum, count) => sum + count, 0)
  t.equal(total, 3 * 896 - 3 * HARMLESS.length, `refused: ${JSON.stringify(Object.fromEntries(refusals))}`)
})
