/**
 * Every fault as clients of others see it: curl, openssl, Python and Go, over HTTP/1.1, HTTP/2 and in a tunnel, each with its event, its counter
 * and its mark. In between they ask where no rule is for them, and nothing is wrong there. What they see is docs/faults-seen.md.
 */

import { writeFileSync } from 'node:fs'
import t from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { type Asked, RUNS } from '../../support/fault-clients/columns.ts'
import { startPorts } from '../../support/fault-clients/many-ports.ts'
import { COLUMNS, CONTROL, type Column, SEEN_CASES, type SeenCase } from '../../support/fault-clients/seen-cases.ts'
import { keptEqual, REPOSITORY } from '../../support/kept-equal.ts'
import { lacking } from '../../support/lacking.ts'
import { runCommand } from '../../support/run-command.ts'
import { ORIGIN_ROOT } from '../../support/test-origin.ts'

/** Below 60 s on an idle machine. */
t.setTimeout(480_000)

/** A handshake that stands still ends by it, where the client has not. */
const HANDSHAKE_MS = 8_000
const BUILD_DEADLINE_MS = 180_000
/** Behind how many cases a client asks where no rule is for it. */
const CONTROL_EVERY = 8

/** Cases of which something passes that is not opened: openssl and `curl, tunnel` ask the origin itself. */
const isTunnelled = (column: Column, { cells }: SeenCase) =>
  column === 'curl, tunnel' || (column === 'openssl s_client' && cells[COLUMNS.indexOf('curl, tunnel')] !== '')

const programOf = (column: Column) => ({ c: 'curl', o: 'openssl', P: 'python3', G: 'go' })[column[0] as 'c' | 'o' | 'P' | 'G']

type Rule = NonNullable<EngineOptionsInput['rules']>[number]

t.test('seen', async (t) => {
  const ports = await startPorts(t, 2 * SEEN_CASES.length + 2)
  const portOf = (n: number, tunnelled: boolean) => ports[2 * n + (tunnelled ? 1 : 0)] as number
  const rules = [...SEEN_CASES, CONTROL].flatMap((one, n): Rule[] =>
    [false, true].map((tunnelled) => ({
      name: `${n}`,
      match: { port: portOf(n, tunnelled) },
      action: tunnelled ? 'tunnel' : 'intercept',
      ...(one === CONTROL ? {} : { fault: one.fault }),
    })),
  )
  const harness = await EngineHarness.start(t, { rules, workers: 2, limits: { handshake_timeout_ms: HANDSHAKE_MS } })
  const root = `${harness.directory}/seen-root.pem`
  writeFileSync(root, ORIGIN_ROOT.certificatePem)
  const goProgram = `${harness.directory}/fetch`
  if (lacking('go') === false) {
    const source = `${REPOSITORY}test/support/fault-clients/fetch.go`
    t.match(await runCommand('go', ['build', '-o', goProgram, source], { deadlineMs: BUILD_DEADLINE_MS }), { code: 0 })
  }
  const runs = new Map<string, number>()
  const askedBy = (column: Column): [SeenCase, Asked][] => {
    const asked: [SeenCase, Asked][] = []
    const ask = (one: SeenCase, n: number) => {
      const tunnelled = isTunnelled(column, one)
      const port = portOf(n, tunnelled)
      const { path = '/body', isEndless = false } = one
      asked.push([one, { url: `https://localhost:${port}${path}`, path, port, isEndless, ca: tunnelled ? root : harness.caFile }])
      if (one !== CONTROL) runs.set(`${n}`, (runs.get(`${n}`) ?? 0) + 1)
    }
    for (const [n, one] of SEEN_CASES.entries()) {
      if (one.cells[COLUMNS.indexOf(column)] !== '') ask(one, n)
      if (n % CONTROL_EVERY === 0) ask(CONTROL, SEEN_CASES.length)
    }
    return asked
  }
  const proxy = { port: harness.proxyPort, goProgram }
  const columns = COLUMNS.filter((column) => lacking(programOf(column)) === false)
  const seenBy = await Promise.all(
    columns.map(async (column) => {
      const asked = askedBy(column)
      return {
        column,
        asked,
        seen: await RUNS[column](
          asked.map(([, url]) => url),
          proxy,
        ),
      }
    }),
  )
  for (const { column, asked, seen } of seenBy) {
    await t.test(column, async (t) => {
      t.equal(seen.length, asked.length)
      for (const [n, [one]] of asked.entries()) {
        const cell = one.cells[COLUMNS.indexOf(column)] ?? ''
        t.ok(cell.split(' or ').includes(seen[n] ?? ''), `${JSON.stringify(one.fault)}: ${cell}`, { found: seen[n] })
      }
    })
  }
  for (const column of COLUMNS)
    if (!columns.includes(column)) await t.test(column, { skip: lacking(programOf(column)) }, async () => undefined)
  // A faulted flow has one exchange; curl asks on one connection where no rule is for it.
  const flows = [...runs.values()].reduce((sum, count) => sum + count, 0)
  await harness.checkLaws(t, flows)
  const told = harness.named('fault_injected')
  for (const [n, one] of SEEN_CASES.entries()) {
    const own = told.filter(({ rule }) => rule === `${n}`)
    t.equal(own.length, runs.get(`${n}`) ?? 0, `${JSON.stringify(one.fault)} is told once of each flow`)
    t.ok(own.every(({ kind }) => kind === one.fault.kind))
  }
  t.equal(told.filter(({ rule }) => rule === `${SEEN_CASES.length}`).length, 0)
})

t.test('the table', async (t) => {
  keptEqual(t, 'docs/faults-seen.md', document(), (text) => text.replace(/ +/g, ' ').replace(/-+/g, '-'))
})

function document(): string {
  const rows = SEEN_CASES.map(({ name, fault, cells }) => [[`\`${fault.kind}\``, name].filter((part) => part !== '').join(', '), ...cells])
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return `${INTRODUCTION}
${line(['fault', ...COLUMNS])}
${line(['fault', ...COLUMNS].map(() => '---'))}
${rows.map(line).join('\n')}
`
}

const INTRODUCTION = `# Faults as clients see them

What curl 7.88, OpenSSL 3.0, Python 3.11 (\`http.client\`) and Go 1.26 (\`net/http\`) make of each [fault](faults.md), by
\`test/integration/faults/faults-seen.test.ts\`, which runs them all. Of curl: its exit code, and what its message says. Of the others: what a
program catches. A status: nothing is amiss for the client. Empty: not run there.

- **end**: a FIN where more was to come. **reset**: an RST. **unreadable**: an alert in clear where TLS 1.3 expects an encrypted one.
- Python tells an RST behind the handshake as an end: \`SSL_read_ex\` does not say which it was, and \`ssl\` does not ask.
- openssl and the tunnel's curl see octets cut in the middle of a TLS record, the others behind one.
`
