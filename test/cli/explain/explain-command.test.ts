/** `soth-mitm explain`: its words to the letter, JSON, exit codes, through the real command line. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CliProcess, REAL_CLI } from '../../support/processes/cli-process.ts'

/** Below 20 s on an idle machine. */
t.setTimeout(600_000)

const directory = t.testdir()
const config = join(directory, 'soth.yaml')
writeFileSync(
  config,
  `ignore_hosts: [.bank.example]
rules:
  - { match: { host: x.example }, action: tunnel }
  - { match: { host: [y.example, z.example] }, action: tunnel }
  - { name: office, match: { host: .api.example, time: { days: [mon], from: '09:00', to: '17:00' } }, strict: false }
  - { name: robots, match: { host: .api.example, path: /v1/*, field: { user-agent: '*robot*' } }, action: block }
  - { match: { port: 8443 }, action: block }
  - { name: all, match: { host: .api.example }, action: tunnel }
`,
)

async function explain(...args: readonly string[]) {
  const run = new CliProcess(REAL_CLI, ['explain', ...args])
  return { code: await run.ended, stdout: run.stdout, stderr: run.stderr }
}

const AT = ['--config', config, '--at', '2026-01-05T12:00:00Z']

t.test('text', async (t) => {
  t.same(await explain(...AT, '--header', 'User-Agent: a robot', 'https://www.api.example/v1/messages'), {
    code: 0,
    stderr: '',
    stdout: `connect: www.api.example:443 from 127.0.0.1
  2 rules are about other hosts
  rule 3 \`office\`  holds, and carries strict
  rule 4 \`robots\`  waits for path, field
  rule 5           does not hold: port is 443
  rule 6 \`all\`     decides: tunnel
  → intercept, and asked again: a rule before \`all\` waits

client hello: SNI www.api.example
  2 rules are about other hosts
  rule 3 \`office\`  holds, and carries strict
  rule 4 \`robots\`  waits for path, field
  rule 5           does not hold: port is 443
  rule 6 \`all\`     decides: tunnel
  → intercept, and asked again: a rule before \`all\` waits

request: GET /v1/messages
  2 rules are about other hosts
  rule 3 \`office\`  holds, and carries strict
  rule 4 \`robots\`  decides: block
  → block: \`robots\`
`,
  })
  t.match(await explain('-c', config, 'https://a.bank.example'), {
    stdout: 'connect: a.bank.example:443 from 127.0.0.1\n  → tunnel: ignore_hosts names the host\n',
  })
  t.match(await explain('-c', config, 'https://[2001:db8::1]/'), { stdout: /^connect: \[2001:db8::1\]:443 from/ })
  const sunday = ['-c', config, '--at', '2026-01-04T12:00:00Z', '--client', '10.0.0.9']
  t.match(await explain(...sunday, 'http://api.example:8443/'), {
    stdout: /from 10\.0\.0\.9\n[\s\S]*`office` {2}does not hold: time is 2026-01-04T12:00:00\.000Z\n[\s\S]*rule 5 +decides: block\n/,
  })
})

t.test('JSON, and what was expected', async (t) => {
  const told = await explain(...AT, '--json', '--expect', 'intercept', 'wss://other.example/')
  t.equal(told.code, 0)
  t.match(JSON.parse(told.stdout), { url: 'wss://other.example/', action: 'intercept', rule: 'default', phase: 'connect' })
  t.match(await explain(...AT, '--expect', 'block', 'https://x.example/'), { code: 1, stdout: /→ tunnel: `rule-1`/ })
})

t.test('mistakes', async (t) => {
  const cases: readonly (readonly [args: readonly string[], code: number, stderr: RegExp])[] = [
    [[], 2, /URL: is missing/],
    [['https://a.example'], 2, /--config: is missing/],
    [['-c', config, 'a.example'], 2, /a\.example: is no URL; write it as in https:/],
    [['-c', config, '--header', 'x', 'https://a.example'], 2, /"x" is no field line/],
    [['-c', config, '--at', 'noon', 'https://a.example'], 2, /"noon" is no time/],
    [['-c', config, '--at', '2026-02-30T00:00:00Z', 'https://a.example'], 2, /"2026-02-30T00:00:00Z" is no time/],
    [['-c', config, '--method', 'G T', 'https://a.example'], 2, /--method: "G T" is no method/],
    [['-c', config, '--sni', 'a b', 'https://a.example'], 2, /--sni: "a b" is no host name/],
    [['-c', config, '--client', 'nope', 'https://a.example'], 2, /--client: "nope" is no IP address/],
    [['-c', config, '--expect', 'drop', 'https://a.example'], 2, /"drop" is no action/],
    [['-c', join(directory, 'absent'), 'https://a.example'], 1, /no such file/],
  ]
  for (const [args, code, stderr] of cases) t.match(await explain(...args), { code, stderr }, args.join(' '))
})
