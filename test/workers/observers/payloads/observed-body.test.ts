/** ObservedBody: what of a body becomes events, and what of it is kept. */

import t from 'tap'
import { ORIGIN } from '../../../../src/shared/side.ts'
import { McpSessions } from '../../../../src/workers/layers/mcp/mcp-pairs.ts'
import { ObservedBody } from '../../../../src/workers/observers/payloads/observed-body.ts'
import { EventHarness } from '../../../support/harnesses/event-harness.ts'
import { streamStory } from '../../../support/recorders/stream-story.ts'

function tell(type: string, text: string, level: 'metadata' | 'bodies', captureBodyBytes: number): { story: string[]; json: string } {
  const harness = new EventHarness()
  const session = { flow: harness.flow, now: 1, violation: undefined, switchTo() {} }
  const observation = { events: harness.writer, mcpSessions: new McpSessions(), session, options: { captureBodyBytes, observe: level } }
  let json = ''
  let ends = 0
  const owner = {
    number: 0,
    protocol: harness.flow.protocolIndex,
    onBodyEvent() {},
    onBodyJson: (_side: number, bytes: Uint8Array) => {
      json += Buffer.from(bytes).toString()
    },
    onBodyEnd: () => void ends++,
  }
  const body = new ObservedBody(observation, owner, { side: ORIGIN, contentType: type, contentEncoding: undefined, hasReaders: true })
  for (const octet of Buffer.from(text)) body.execute(Uint8Array.of(octet))
  t.notOk(body.ended)
  body.finish()
  body.finish()
  body.abandon()
  t.ok(body.ended && ends === 1, 'the end is told once')
  return { story: streamStory(harness.events()), json }
}

t.test('JSON: to its readers whole, to events as far as captured', async (t) => {
  const { story, json } = tell('application/json', 'for(;;);{"a":1}', 'bodies', 3)
  t.equal(json, '{"a":1}')
  t.same(story, [
    'body_sanitized @http1 side=origin prefix=for(;;);',
    `body_decoded @http1 side=origin kind=json encoded_size=15 decoded_size=15 items=0 data=${Buffer.from('{"a').toString('base64')}`,
  ])
  t.same(tell('application/json', '{"a":1}', 'metadata', 3).story, [], 'plain JSON that others read tells nothing by itself')
})

t.test('lines are counted', async (t) => {
  t.same(tell('application/x-ndjson', '1\n\n2\n3', 'bodies', 0).story, [
    'body_decoded @http1 side=origin kind=ndjson encoded_size=6 decoded_size=6 items=3',
  ])
})

t.test('an empty body tells nothing', async (t) => {
  t.same(tell('text/event-stream', '', 'bodies', 0).story, [])
})
