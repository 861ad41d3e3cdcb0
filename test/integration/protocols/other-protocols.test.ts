/**
 * Protocols that the engine does not read, and HTTP in clear, in an intercepted flow: whoever speaks first, they pass as they came,
 * also from a client whose FIN comes with its octets while the origin is dialled.
 */

import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openTunnel, Received } from '../../support/proxy-client.ts'
import { startTcpOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

const DIALOGUES: readonly (readonly [protocol: string, greeting: string, said: string])[] = [
  ['Redis', '', '*1\r\n$4\r\nPING\r\n'],
  ['IRC', '', 'NICK a\r\nUSER b 0 * :c\r\n'],
  ['STOMP', '', 'STOMP\nhost:x\n\n\0'],
  ['AMQP', '', 'AMQP\0\0\x09\x01'],
  ['memcached', '', 'get key\r\n'],
  ['PostgreSQL', '', '\0\0\0\x08\x04\xd2\x16\x2f'],
  ['HTTP in clear', '', 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'],
  ['MQTT', '', '\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0'],
  ['SMTP', '220 mail.example ready\r\n', 'EHLO client.example\r\n'],
  ['SSH', 'SSH-2.0-server\r\n', 'SSH-2.0-client\r\n'],
]

for (const [protocol, greeting, said] of DIALOGUES) {
  // Where the server speaks first, there is no first octet of the client to wait for.
  for (const strategy of greeting === '' ? (['eager', 'lazy'] as const) : (['eager'] as const)) {
    t.test(`${protocol}, ${strategy}`, async (t) => {
      const isHttp = said.includes('HTTP')
      const origin = await startTcpOrigin((socket) => {
        socket.write(greeting)
        const head = isHttp ? 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n' : ''
        socket.on('data', (chunk) => socket.end(Buffer.concat([Buffer.from(`${head}got `), chunk])))
      })
      t.teardown(() => origin.close())
      const harness = await EngineHarness.start(t, { workers: 0, connect_strategy: strategy })
      const client = new Received(await openTunnel(harness.proxyPort, `127.0.0.1:${origin.port}`))
      if (greeting !== '') await client.until(() => client.text.length >= greeting.length, 'the greeting')
      client.socket.end(Buffer.from(said, 'latin1'))
      await client.over()
      const answer = client.bytes.toString('latin1')
      t.equal(isHttp ? answer.slice(answer.indexOf('got ')) : answer, `${greeting}got ${said}`)
      await harness.checkLaws(t, 1)
      t.match(harness.flowEnds(), [{ close_reason: 'relay_eof', protocol: isHttp ? 'http1' : 'tunnel', bytes_client: said.length }])
    })
  }
}
