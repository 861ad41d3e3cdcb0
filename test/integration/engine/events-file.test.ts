/**
 * The NDJSON file of a run: every event once, in order, schema fields in place, bodies where a rule asks, secrets nowhere.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openSecure } from '../../support/proxy-client.ts'
import { lawBreaches } from '../../support/recorders/event-laws.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const SECRETS = ['Bearer aaa', 'sid=bbb', 'key-ccc', 'set=ddd', 'own-eee', 'query-fff', 'location-ggg', 'referer-hhh']

for (const workers of [0, 2]) {
  t.test(`workers: ${workers}`, async (t) => {
    const origin = await startHttpsOrigin((request, response) => {
      request.resume()
      response.setHeader('set-cookie', 'set=ddd')
      response.setHeader('location', '/next?token=location-ggg&page=2')
      request.on('end', () => response.end('0123456789'))
    })
    t.teardown(() => origin.close())
    const harness = await EngineHarness.start(t, {
      workers,
      events: { file: join(t.testdirName, 'events.ndjson') },
      redact_fields: ['authorization', 'cookie', 'set-cookie', 'x-api-key', 'x-own'],
      rules: [{ name: 'seen', match: { host: 'localhost' }, action: 'intercept', capture: { body_bytes: 6 } }],
    })
    const authorities = [`localhost:${origin.port}`, `127.0.0.1:${origin.port}`]
    for (const authority of authorities) {
      const client = await openSecure(harness.proxyPort, authority, harness.caPem)
      for (let n = 0; n < 20; n++) {
        client.socket.write(
          `POST /${n}?key=query-fff&page=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer aaa\r\nCookie: sid=bbb\r\nX-API-Key: key-ccc\r\nX-Own: own-eee\r\nReferer: https://a.example/?api_key=referer-hhh\r\nContent-Length: 8\r\n\r\nabcdefgh`,
        )
        await client.until(() => client.text.split('0123456789').length === n + 2, `answer ${n}`)
      }
      client.socket.end()
      await client.over()
    }
    await harness.checkLaws(t, 2)
    const text = readFileSync(join(harness.directory, 'events.ndjson'), 'utf8')
    const lines = text.trimEnd().split('\n')
    t.ok(text.endsWith('\n'))
    t.same(
      lines.map((line) => JSON.parse(line)),
      harness.events,
      'the file says what subscribers are told',
    )
    t.same(lawBreaches(lines.map((line) => JSON.parse(line))), [])
    for (const secret of SECRETS) t.notOk(text.includes(secret), `${secret} is nowhere`)
    t.equal(text.split('[redacted]').length - 1, 40 * 8)
    t.match(harness.named('request_headers')[0], { path: '/0?key=[redacted]&page=1' })
    const captured = harness.named('request_body_chunk')
    t.equal(captured.length, 40)
    for (const chunk of captured) {
      const expected = chunk.server_host === 'localhost' ? Buffer.from('abcdef').toString('base64') : undefined
      t.equal(chunk.data, expected)
      t.equal(chunk.size, 8)
    }
    const replies = harness.named('response_body_chunk').filter((chunk) => chunk.server_host === 'localhost')
    t.same(new Set(replies.map((chunk) => chunk.data)), new Set([Buffer.from('012345').toString('base64')]))
  })
}
