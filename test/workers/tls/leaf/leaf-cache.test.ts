/**
 * The leaf cache: its key, its bound, its renewals; and that its contexts shake hands and resume across workers.
 */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { SecureContext } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { TICKET_KEY_PERIOD_MS } from '../../../../src/shared/limits/certificates.ts'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'
import { LeafCache } from '../../../../src/workers/tls/leaf/leaf-cache.ts'
import { LeafIssuer } from '../../../../src/workers/tls/leaf/leaf-issuer.ts'
import { createTicketSecret, TicketKeys } from '../../../../src/workers/tls/leaf/ticket-keys.ts'
import { handshake, startTlsPeer } from '../../../support/harnesses/tls-peers.ts'

const DAY_MS = 86_400_000
const fixtures = fileURLToPath(new URL('../../../../../test/fixtures/badssl-chains/', import.meta.url))
const authority = createAuthority(Date.now())
const ca = [authority.material.certificatePem]

type CountedCache = LeafCache & { readonly counted: Readonly<Record<string, number>> }

function makeCache(now: () => number, capacity = 16, secret = createTicketSecret(), issuer = authority): CountedCache {
  const counted: Record<string, number> = {}
  const counters = {
    add: (total: string) => {
      counted[total] = (counted[total] ?? 0) + 1
    },
  }
  return Object.assign(new LeafCache(new LeafIssuer(issuer, now), new TicketKeys(secret, now), capacity, counters, now), { counted })
}

function contextFor(cache: LeafCache, host: string, profile: 'ecdsa' | 'rsa' = 'ecdsa'): SecureContext {
  const context = cache.contextFor({ host, profile })
  if (context === undefined) throw new Error(`no context for ${host}`)
  return context
}

t.test('groups have contexts of their own', async (t) => {
  const cache = makeCache(Date.now)
  const classical = cache.contextFor({ host: 'a.test', profile: 'ecdsa' }, { groups: 'X25519' })
  t.not(classical, contextFor(cache, 'a.test'))
  t.equal(cache.contextFor({ host: 'a.test', profile: 'ecdsa' }, { groups: 'X25519' }), classical)
})

t.test('one context per host, profile and origin certificate', (t) => {
  const cache = makeCache(Date.now)
  const first = contextFor(cache, 'a.test')
  t.equal(contextFor(cache, 'A.test'), first)
  t.not(contextFor(cache, 'a.test', 'rsa'), first)
  const mirror = new X509Certificate(readFileSync(`${fixtures}wildcard-ecc256.pem`))
  const mirrored = cache.contextFor({ host: 'a.test', profile: 'ecdsa', mirror })
  t.not(mirrored, first)
  t.equal(cache.contextFor({ host: 'a.test', profile: 'ecdsa', mirror }), mirrored)
  t.equal(cache.contextFor({ host: 'not a host', profile: 'ecdsa' }), undefined)
  t.same(cache.counted, { leaf_cache_hits: 2, leaf_cache_misses: 3, contexts_minted: 3 })
  t.end()
})

t.test('hosts that the names of one origin certificate are for have one context, others their own', async (t) => {
  let nowMs = Date.now()
  const cache = makeCache(() => nowMs, 2)
  const mirror = new X509Certificate(readFileSync(`${fixtures}wildcard-ecc256.pem`))
  const of = (host: string, profile: 'ecdsa' | 'rsa' = 'ecdsa') => cache.contextFor({ host, profile, mirror })
  const shared = of('www.badssl.com')
  t.equal(of('PAY.badssl.com'), shared)
  t.equal(of('badssl.com'), shared)
  t.same(cache.counted, { leaf_cache_hits: 2, leaf_cache_misses: 1, contexts_minted: 1 })
  t.not(of('pay.badssl.com', 'rsa'), shared, 'another profile')
  const dotted = of('www.badssl.com.')
  t.not(dotted, shared)
  t.equal(of('www.badssl.com.'), dotted, 'in another spelling it is minted once, too')
  t.not(of('my_host.badssl.com'), of('a.b.badssl.com'), 'not covered')
  t.equal(cache.size, 2)
  const again = of('www.badssl.com')
  nowMs += 29 * DAY_MS
  const renewed = of('pay.badssl.com')
  t.not(renewed, again)
  t.equal(of('www.badssl.com'), renewed, 'renewed for all')
  t.equal((cache.counted['contexts_minted'] ?? 0) - (cache.counted['leaf_cache_misses'] ?? 0), 1, 'one renewal')
})

t.test('a session resumes for the names of its leaf, whatever the host', async (t) => {
  const cache = makeCache(Date.now)
  const mirror = new X509Certificate(readFileSync(`${fixtures}wildcard-ecc256.pem`))
  const contexts = [
    cache.contextFor({ host: 'www.badssl.com', profile: 'ecdsa', mirror }),
    cache.contextFor({ host: 'pay.badssl.com', profile: 'ecdsa', mirror }),
    cache.contextFor({ host: 'else.test', profile: 'ecdsa', mirror }),
  ] as SecureContext[]
  const [www, pay, other] = await Promise.all(contexts.map(startTlsPeer))
  const options = { ca, servername: 'www.badssl.com' }
  const { session } = await handshake(www?.port ?? 0, options)
  if (session === undefined) throw new Error('no session')
  t.equal((await handshake(pay?.port ?? 0, { ...options, session })).isReused, true)
  t.equal((await handshake(other?.port ?? 0, { ...options, session, rejectUnauthorized: false })).isReused, false)
  for (const peer of [www, pay, other]) await peer?.close()
})

t.test('the least recently used goes at the bound', (t) => {
  const cache = makeCache(Date.now, 2)
  const kept = contextFor(cache, 'a.test')
  const dropped = contextFor(cache, 'b.test')
  contextFor(cache, 'a.test')
  contextFor(cache, 'c.test')
  t.equal(cache.size, 2)
  t.equal(contextFor(cache, 'a.test'), kept)
  t.not(contextFor(cache, 'b.test'), dropped)
  t.same(cache.counted, { leaf_cache_hits: 2, leaf_cache_misses: 4, contexts_minted: 4 })
  t.end()
})

t.test('a process that never restarts renews at two thirds of life', async (t) => {
  const startMs = Date.now()
  let nowMs = startMs
  const cache = makeCache(() => nowMs)
  const first = contextFor(cache, 'a.test')
  nowMs = startMs + 29 * DAY_MS - 1
  t.equal(contextFor(cache, 'a.test'), first, 'just before')
  nowMs = startMs + 29 * DAY_MS
  const second = contextFor(cache, 'a.test')
  t.not(second, first)
  t.equal(cache.size, 1)
  t.equal((cache.counted['contexts_minted'] ?? 0) - (cache.counted['leaf_cache_misses'] ?? 0), 1, 'one renewal')
  const peer = await startTlsPeer(second)
  const { certificate } = await handshake(peer.port, { ca, servername: 'a.test', rejectUnauthorized: false })
  t.equal(Date.parse(certificate?.validFrom ?? ''), Math.floor((nowMs - 1.5 * DAY_MS) / 1_000) * 1_000)
  await peer.close()
})

t.test('both profiles and versions shake hands; the leaf goes alone', async (t) => {
  const cache = makeCache(Date.now)
  for (const profile of ['ecdsa', 'rsa'] as const) {
    const peer = await startTlsPeer(contextFor(cache, 'a.test', profile))
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const seen = await handshake(peer.port, { rejectUnauthorized: false, servername: 'a.test', maxVersion, ca: [] })
      t.equal(seen.protocol, maxVersion)
      t.equal(seen.certificate?.publicKey.asymmetricKeyType, profile === 'ecdsa' ? 'ec' : 'rsa')
      t.equal(seen.chainLength, 1, 'no root sent')
    }
    const old = handshake(peer.port, {
      servername: 'a.test',
      ca,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    await t.rejects(old, /alert|protocol/i, 'TLS 1.1 is below the floor')
    await peer.close()
  }
  const legacy = { servername: 'a.test', ca, maxVersion: 'TLSv1.2' as const, ciphers: 'AES128-SHA' }
  const peer = await startTlsPeer(contextFor(cache, 'a.test', 'rsa'))
  t.equal((await handshake(peer.port, legacy)).protocol, 'TLSv1.2', 'plain RSA key exchange for old clients')
  await peer.close()
})

t.test("under an operator's suites OpenSSL picks the leaf, whatever the hello made us think", async (t) => {
  const cache = makeCache(Date.now)
  t.equal(cache.needsRsa('ecdsa'), false)
  for (const [ciphers, type] of [
    ['ECDHE-RSA-AES128-GCM-SHA256', 'rsa'],
    ['ECDHE-ECDSA-AES128-SHA256', 'ec'],
    ['kRSA+AES', 'rsa'],
  ] as const) {
    cache.reconfigure({ ciphers })
    t.equal(cache.needsRsa('ecdsa'), true)
    for (const profile of ['ecdsa', 'rsa'] as const) {
      const peer = await startTlsPeer(contextFor(cache, 'a.test', profile))
      const seen = await handshake(peer.port, { servername: 'a.test', ca, maxVersion: 'TLSv1.2', ciphers: 'ALL:kRSA' })
      t.equal(seen.certificate?.publicKey.asymmetricKeyType, type, `${ciphers}, ${profile}`)
      await peer.close()
    }
  }
})

t.test('tickets resume across workers, versions 1.2 and 1.3, until the keys rotate', async (t) => {
  const secret = createTicketSecret()
  let nowMs = Date.now()
  const workers = [makeCache(() => nowMs, 16, secret), makeCache(() => nowMs, 16, secret)] as const
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const options = { ca, servername: 'a.test', maxVersion }
    const peers = await Promise.all(workers.map((cache) => startTlsPeer(contextFor(cache, 'a.test'))))
    const [one, two] = peers.map((peer) => peer.port)
    const { session } = await handshake(one ?? 0, options)
    if (session === undefined) throw new Error('no session')
    t.equal((await handshake(two ?? 0, { ...options, session })).isReused, true, `${maxVersion}: at the other worker`)
    const elsewhere = await startTlsPeer(contextFor(workers[0], 'b.test'))
    const other = await handshake(elsewhere.port, { ...options, session, rejectUnauthorized: false })
    t.equal(other.isReused, false, `${maxVersion}: not for another host`)
    nowMs += TICKET_KEY_PERIOD_MS
    contextFor(workers[1], 'a.test')
    t.equal((await handshake(two ?? 0, { ...options, session })).isReused, false, `${maxVersion}: not after the rotation`)
    const fresh = (await handshake(two ?? 0, options)).session
    if (fresh === undefined) throw new Error('no session')
    t.equal((await handshake(two ?? 0, { ...options, session: fresh })).isReused, true, `${maxVersion}: new tickets work`)
    await Promise.all([...peers, elsewhere].map((peer) => peer.close()))
  }
})

t.test('a session resumes only under what it began with', async (t) => {
  const secret = createTicketSecret()
  const another = createAuthority(Date.now())
  const [before, narrowed, rotated] = [
    makeCache(Date.now, 16, secret),
    makeCache(Date.now, 16, secret),
    makeCache(Date.now, 16, secret, another),
  ]
  before.reconfigure({ ciphers: 'TLS_AES_128_GCM_SHA256:AES128-SHA:AES256-SHA' })
  rotated.reconfigure({ ciphers: 'TLS_AES_128_GCM_SHA256:AES128-SHA:AES256-SHA' })
  narrowed.reconfigure({ ciphers: 'TLS_AES_128_GCM_SHA256:AES256-SHA' })
  const request = { host: 'a.test', profile: 'rsa' } as const
  const contexts = {
    same: before.contextFor(request),
    'another CA': rotated.contextFor(request),
    'fewer suites': narrowed.contextFor(request),
    'a certificate asked for': before.contextFor(request, { requestsCertificate: true }),
  }
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const options = { servername: 'a.test', rejectUnauthorized: false, maxVersion, ciphers: 'AES128-SHA:AES256-SHA:TLS_AES_128_GCM_SHA256' }
    let session: Buffer | undefined
    for (const [what, context] of Object.entries(contexts)) {
      if (context === undefined) throw new Error(`no context: ${what}`)
      const peer = await startTlsPeer(context)
      session ??= (await handshake(peer.port, options)).session
      const seen = await handshake(peer.port, session === undefined ? options : { ...options, session })
      t.equal(seen.isReused, what === 'same', `${maxVersion}: ${what}`)
      await peer.close()
    }
  }
})

t.test('TLS 1.2 resumes for the host that a session began with, whatever else its leaf is for', async (t) => {
  const cache = makeCache(Date.now)
  const mirror = new X509Certificate(readFileSync(`${fixtures}wildcard-ecc256.pem`))
  const of = (host: string) => cache.contextFor({ host, profile: 'ecdsa', mirror }, { isForOneHost: true }) as SecureContext
  t.equal(of('www.badssl.com'), of('WWW.badssl.com'))
  const [www, pay] = await Promise.all(['www.badssl.com', 'pay.badssl.com'].map((host) => startTlsPeer(of(host))))
  const options = { ca, servername: 'www.badssl.com', maxVersion: 'TLSv1.2' } as const
  const { session } = await handshake(www?.port ?? 0, options)
  if (session === undefined) throw new Error('no session')
  t.equal((await handshake(www?.port ?? 0, { ...options, session })).isReused, true)
  t.equal((await handshake(pay?.port ?? 0, { ...options, session })).isReused, false)
  for (const peer of [www, pay]) await peer?.close()
})

t.test('contexts beyond the bound are freed', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const cache = makeCache(Date.now, 64)
  const made: WeakRef<SecureContext>[] = []
  for (let n = 0; n < 1_000; n++) {
    made.push(new WeakRef(contextFor(cache, `h${n}.test`)))
    // A WeakRef keeps its target until the end of the turn.
    if (n % 50 === 49) await setImmediate()
  }
  collect()
  await setImmediate()
  const alive = made.filter((context) => context.deref() !== undefined).length
  t.equal(cache.size, 64)
  t.ok(alive <= 64 + 1, `${alive} of 1,000 contexts alive`)
})
