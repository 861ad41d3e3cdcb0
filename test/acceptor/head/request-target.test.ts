/** Mirror test of `src/acceptor/head/request-target.ts`: forms against methods, and the Host rules as a table. */

import t from 'tap'
import { resolveTarget } from '../../../src/acceptor/head/request-target.ts'
import { fieldSectionOf } from '../../support/octets/field-section-of.ts'

/** The kind of the target, or the code of the violation. */
function resolve(method: string, target: string, version: 10 | 11, ...lines: string[]): string {
  const resolved = resolveTarget(method, target, version, fieldSectionOf(...lines))
  return 'code' in resolved ? resolved.code : resolved.kind
}

t.test('forms against methods', async (t) => {
  const targets = ['a.example:1', 'http://a.example/', '/', '*']
  const expected: Record<string, string[]> = {
    CONNECT: ['connect', 'connect_bad_authority', 'connect_bad_authority', 'connect_bad_authority'],
    OPTIONS: ['connect_bad_target', 'plain', 'local', 'local'],
    GET: ['connect_bad_target', 'plain', 'local', 'connect_bad_target'],
    connect: ['connect_bad_target', 'plain', 'local', 'connect_bad_target'],
  }
  for (const [method, kinds] of Object.entries(expected)) {
    t.same(
      targets.map((target) => resolve(method, target, 11, 'Host: a.example')),
      kinds,
      method,
    )
  }
})

t.test('Host, by kind and version', async (t) => {
  const forms: [string, string][] = [
    ['CONNECT', 'a.example:1'],
    ['GET', 'http://a.example/'],
    ['GET', '/'],
  ]
  const rows: [string, 10 | 11, string[], string[]][] = [
    ['absent in 1.1', 11, [], ['connect', 'connect_host_missing', 'connect_host_missing']],
    ['absent in 1.0', 10, [], ['connect', 'plain', 'local']],
    ['equal', 11, ['Host: a.example:1'], ['connect', 'plain', 'local']],
    ['different', 11, ['Host: b.example'], ['connect', 'plain', 'local']],
    ['empty', 11, ['Host:'], ['connect', 'plain', 'local']],
    ['empty port', 11, ['Host: a.example:'], ['connect', 'plain', 'local']],
    ['invalid', 11, ['Host: a b'], ['connect_host_invalid', 'connect_host_invalid', 'connect_host_invalid']],
    ['twice', 10, ['Host: a.example', 'hOST: a.example'], ['connect_host_repeated', 'connect_host_repeated', 'connect_host_repeated']],
  ]
  for (const [name, version, lines, expected] of rows) {
    t.same(
      forms.map(([method, target]) => resolve(method, target, version, ...lines)),
      expected,
      name,
    )
  }
})

t.test('content on CONNECT is refused, on plain requests it is the worker’s concern', async (t) => {
  t.equal(resolve('CONNECT', 'a:1', 11, 'Content-Length: 0'), 'connect')
  t.equal(resolve('CONNECT', 'a:1', 11, 'Content-Length: 0', 'Content-Length: 0'), 'connect')
  for (const line of [
    'Content-Length: 00',
    'Content-Length: 1',
    'Content-Length: 0, 0',
    'Content-Length:',
    'Transfer-Encoding: identity',
  ]) {
    t.equal(resolve('CONNECT', 'a:1', 11, line), 'connect_content', line)
    t.equal(resolve('POST', 'http://a/', 11, 'Host: a', line), 'plain', line)
  }
})
