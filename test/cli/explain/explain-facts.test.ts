/** The facts that the words of a command line come to. */

import t from 'tap'
import { parseArguments } from '../../../src/cli/arguments/parse-arguments.ts'
import { EXPLAIN_FLAGS } from '../../../src/cli/explain/explain-command.ts'
import { explainFacts } from '../../../src/cli/explain/explain-facts.ts'

const factsOf = (...args: readonly string[]) => explainFacts(parseArguments(args, EXPLAIN_FLAGS, ['URL']), 7)

t.test('facts', async (t) => {
  t.match(factsOf('https://a.example/x?y'), {
    host: 'a.example',
    port: 443,
    client: '127.0.0.1',
    nowMs: 7,
    isTls: true,
    sni: 'a.example',
    method: 'GET',
    path: '/x?y',
    transport: 'http1',
  })
  t.match(factsOf('http://[::1]:81/'), { host: '::1', port: 81, isTls: false, sni: undefined, path: '/' })
  t.equal(factsOf('https://10.0.0.1/').sni, undefined, 'an address is no SNI')
  t.equal(factsOf('--sni', 'b.example', 'https://10.0.0.1/').sni, 'b.example')
  const { fields } = factsOf('--header', 'A: 1', '--header', 'b:  2 ', 'ws://a.example/')
  t.same(
    Array.from({ length: fields?.count ?? 0 }, (_, line) => [fields?.name(line), fields?.value(line)]),
    [
      ['A', '1'],
      ['b', '2'],
      ['Upgrade', 'websocket'],
      ['Host', 'a.example'],
    ],
  )
  t.match(
    factsOf(
      '--http2',
      '--at',
      '2026-01-05T00:00:00Z',
      '--method',
      'PUT',
      '--user',
      'ann',
      '--process',
      'curl',
      '--ja4',
      't13',
      'https://a.example',
    ),
    {
      transport: 'http2',
      authority: 'a.example',
      nowMs: 1_767_571_200_000,
      method: 'PUT',
      user: 'ann',
      process: 'curl',
      ja4: 't13',
    },
  )
})

t.test('mistakes', async (t) => {
  for (const url of ['a.example', 'ftp://a.example', 'https://', 'mailto:x'])
    t.throws(() => factsOf(url), { name: 'UsageError', what: 'is no URL' }, url)
  t.throws(() => factsOf('--at', 'soon', 'https://a.example'), { name: 'UsageError', where: '--at' })
  t.throws(() => factsOf('--header', 'no line', 'https://a.example'), { name: 'UsageError', where: '--header' })
})
