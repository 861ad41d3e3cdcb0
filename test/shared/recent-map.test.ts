/** RecentMap against a plain list: the same entries in the same order, whatever is done; never more than fit. */

import fc from 'fast-check'
import t from 'tap'
import { RecentMap } from '../../src/shared/recent-map.ts'

t.test('what was used longest ago makes way', async (t) => {
  const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]
  const map = new RecentMap<string, { name: string }>(2)
  t.equal(map.put('a', a), undefined)
  t.equal(map.put('b', b), undefined)
  t.equal(map.use('a'), a)
  t.equal(map.put('c', c), b)
  t.equal(map.get('b'), undefined)
  t.equal(map.use('b'), undefined)
  t.same([...map], Object.entries({ a, c }))
})

t.test('as a list would do it', async (t) => {
  const step = fc.tuple(fc.constantFrom('put', 'use', 'get', 'delete', 'clear'), fc.integer({ min: 0, max: 5 }))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), (capacity, steps) => {
      const map = new RecentMap<number, { readonly at: number }>(capacity)
      let list: [number, { readonly at: number }][] = []
      for (const [at, [what, key]] of steps.entries()) {
        const found = list.find(([other]) => other === key)
        if (what === 'put') {
          list = [...list.filter((entry) => entry !== found), [key, { at }]]
          const evicted = list.length > capacity ? list.shift() : undefined
          if (map.put(key, { at })?.at !== evicted?.[1].at) return false
        } else if (what === 'use') {
          if (found !== undefined) list = [...list.filter((entry) => entry !== found), found]
          if (map.use(key)?.at !== found?.[1].at) return false
        } else if (what === 'get') {
          if (map.get(key)?.at !== found?.[1].at) return false
        } else if (what === 'delete') {
          list = list.filter((entry) => entry !== found)
          map.delete(key)
        } else {
          list = []
          map.clear()
        }
        if (JSON.stringify([...map]) !== JSON.stringify(list) || map.size !== list.length) return false
      }
      return JSON.stringify([...map.values()]) === JSON.stringify(list.map(([, value]) => value))
    }),
  )
  t.pass('100 sequences')
})
