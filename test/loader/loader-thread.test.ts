/** The loader's thread by itself: slices in, one answer out, and then it ends. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'

t.setTimeout(600_000)

const THREAD = new URL('../../src/loader/loader-thread.js', import.meta.url)

t.test('rules in slices', async (t) => {
  const thread = new Worker(THREAD)
  thread.postMessage({ kind: 'options', options: { default_action: 'block' } })
  thread.postMessage({ kind: 'rules', rules: [{ match: { host: 'a.example' } }] })
  thread.postMessage({ kind: 'rules', rules: [{ match: { host: 'b.example' } }, {}] })
  thread.postMessage({ kind: 'end' })
  const [answer] = await once(thread, 'message')
  t.match(answer, { kind: 'loaded', configuration: { rules: 3, options: { default_action: 'block' } } })
  t.same(await once(thread, 'exit'), [0])
})

t.test('a file that is not there', async (t) => {
  const thread = new Worker(THREAD)
  thread.postMessage({ kind: 'file', source: { file: `${t.testdir()}/absent.yaml`, overrides: {} } })
  const [answer] = await once(thread, 'message')
  t.match(answer, { kind: 'failed', what: /no such file/, where: /absent\.yaml/ })
  await once(thread, 'exit')
})
