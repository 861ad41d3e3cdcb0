/**
 * What a reload keeps of a shard, and what it makes anew: the CA's own things where the CA is another, contexts for origins where their roots
 * are, and only then.
 */

import t from 'tap'
import { parseOptions } from '../../src/shared/options/parse-options.ts'
import { buildShardContext, reloadShardContext } from '../../src/workers/build-shard-context.ts'
import type { ShardContext } from '../../src/workers/shard-context.ts'
import { createAuthority } from '../../src/workers/tls/ca/create-authority.ts'
import { ShardHarness } from '../support/harnesses/shard-harness.ts'

const ISSUING = ['ca', 'leaves', 'leafKeys', 'faultyLeaves', 'page'] as const
const KEPT = ['counters', 'events', 'ticketKeys', 'origins', 'originPool', 'originSessions', 'mcpSessions', 'guard'] as const

function same(before: ShardContext, after: ShardContext, names: readonly (keyof ShardContext)[]): string[] {
  return names.filter((name) => before[name] === after[name])
}

t.test('the CA is kept where it is the same, and its leaves with it', async (t) => {
  const { start } = new ShardHarness()
  const before = buildShardContext(start, ignore, ignore)
  const leaf = before.leaves.contextFor({ host: 'a.test', profile: 'ecdsa' })
  const after = reloadShardContext(before, { ...start, ca: { ...start.ca } })
  t.same(same(before, after, ISSUING), ISSUING)
  t.same(same(before, after, KEPT), KEPT)
  t.equal(after.leaves.contextFor({ host: 'a.test', profile: 'ecdsa' }), leaf)
  const older = reloadShardContext(after, { ...start, options: parseOptions({ tls: { client: { min_version: 'TLSv1.3' } } }) })
  t.not(older.leaves.contextFor({ host: 'a.test', profile: 'ecdsa' }), leaf, 'made for other versions')
})

t.test('another CA signs, and the rest goes on', async (t) => {
  const { start, view } = new ShardHarness()
  const before = buildShardContext(start, ignore, ignore)
  const leaf = before.leaves.contextFor({ host: 'a.test', profile: 'ecdsa' })
  const { material } = createAuthority(Date.now())
  const after = reloadShardContext(before, { ...start, ca: material })
  t.same(same(before, after, ISSUING), [])
  t.same(same(before, after, KEPT), KEPT)
  t.equal(after.ca, material)
  t.not(after.leaves.contextFor({ host: 'a.test', profile: 'ecdsa' }), leaf)
  t.equal(view.worker(1, 'contexts_minted'), 2, 'the counters go on')
})

t.test('other roots make other contexts for origins, under keys that no session or connection from before has', async (t) => {
  const { start } = new ShardHarness()
  const before = buildShardContext(start, ignore, ignore)
  const { certificatePem } = createAuthority(Date.now()).material
  const after = reloadShardContext(before, { ...start, trustAnchorsPem: start.trustAnchorsPem + certificatePem })
  t.same(same(before, after, [...ISSUING, ...KEPT]), [...ISSUING, ...KEPT.filter((name) => name !== 'origins')])
  t.not(after.origins.keyFor(undefined, {}), before.origins.keyFor(undefined, {}))
  const back = reloadShardContext(after, start)
  t.equal(back.origins.keyFor(undefined, {}), before.origins.keyFor(undefined, {}), 'the same roots again: the same keys')
})

function ignore(): void {}
