/** AnswerTurns: one answer at a time on a connection, in order; other connections do not wait; too many end it. */

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import t, { type Test } from 'tap'
import { AnswerTurns } from '../../../src/aggregator/admin/answer-turns.ts'
import { ADMIN_REQUESTS_WAITING } from '../../../src/shared/limits/aggregator.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'

t.setTimeout(600_000)

interface Asked {
  readonly path: string
  readonly response: ServerResponse
}

async function serve(t: Test) {
  const asked: Asked[] = []
  const turns = new AnswerTurns(async (request, response) => {
    asked.push({ path: request.url ?? '', response })
  })
  const server = createServer((request, response) => turns.take(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const client = (paths: readonly string[]) => {
    const socket = connect(port, '127.0.0.1')
    const seen = { socket, text: '', closed: false }
    socket.on('error', () => undefined).setEncoding('latin1')
    socket.on('data', (text: string) => {
      seen.text += text
    })
    socket.on('close', () => {
      seen.closed = true
    })
    socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''))
    return seen
  }
  return { asked, client }
}

const paths = (asked: readonly Asked[]) => asked.map(({ path }) => path)

t.test('the next is asked for when the answer before it has left', async (t) => {
  const { asked, client } = await serve(t)
  const one = client(['/1', '/2', '/3'])
  await until(() => asked.length === 1, 'the first')
  client(['/other'])
  await until(() => asked.length === 2, 'another connection')
  t.same(paths(asked), ['/1', '/other'])
  asked[0]?.response.end('first')
  await until(() => asked.length === 3, 'the second')
  asked[2]?.response.end('second')
  await until(() => asked.length === 4, 'the third')
  asked[3]?.response.end('third')
  await until(() => one.text.includes('third'), 'all answers')
  t.match(one.text, /first[\s\S]*second[\s\S]*third/)
})

t.test('a client that goes has no further answer made', async (t) => {
  const { asked, client } = await serve(t)
  const one = client(['/1', '/2', '/3'])
  await until(() => asked.length === 1, 'the first')
  one.socket.destroy()
  const [first] = asked
  await until(() => first?.response.closed === true, 'it is seen')
  client(['/last'])
  await until(() => asked.length === 2, 'the last')
  t.same(paths(asked), ['/1', '/last'])
})

t.test('too many that wait end the connection', async (t) => {
  const { asked, client } = await serve(t)
  const one = client(['/first'])
  await until(() => asked.length === 1, 'the first')
  one.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(ADMIN_REQUESTS_WAITING + 1))
  await until(() => one.closed, 'disconnected')
  t.equal(asked.length, 1)
})
