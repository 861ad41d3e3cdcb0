/** WebSocketExchange: the same story for every split; violations, lost turns and messages that cannot be inflated. */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { McpSessions } from '../../../../src/workers/layers/mcp/mcp-pairs.ts'
import { OPCODE } from '../../../../src/workers/layers/websocket/opcodes.ts'
import { WebSocketExchange } from '../../../../src/workers/observers/payloads/websocket-exchange.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { EventHarness } from '../../../support/harnesses/event-harness.ts'
import { frame, fromClient } from '../../../support/octets/websocket-frames.ts'
import { streamStory } from '../../../support/recorders/stream-story.ts'

function open(extensions?: string): { harness: EventHarness; websocket: WebSocketExchange; ends: string[] } {
  const harness = new EventHarness({ capacity: 1 << 20 })
  const ends: string[] = []
  const session = { flow: harness.flow, now: 1, violation: undefined, switchTo() {} }
  const options = { captureBodyBytes: 8, observe: 'metadata' } as const
  const observation = { events: harness.writer, mcpSessions: new McpSessions(), session, options }
  const owner = { onViolation: ({ code }: { code: string }) => void ends.push(code), onEnd: (reason: string) => void ends.push(reason) }
  return { harness, websocket: new WebSocketExchange(observation, 4, extensions, undefined, owner), ends }
}

t.test('the same story for every split', async (t) => {
  const octets = Buffer.concat([
    fromClient({ opcode: OPCODE.text, payload: 'Übergröße', fin: true }),
    fromClient({ opcode: OPCODE.binary, payload: Uint8Array.of(1), fin: false }),
    fromClient({ opcode: OPCODE.ping }),
    fromClient({ opcode: OPCODE.continuation, payload: Uint8Array.of(2) }),
    fromClient({ opcode: OPCODE.close, payload: Uint8Array.of(3, 0xe9, 0x62) }),
  ])
  const stories = Array.from(chunkings(octets), (chunks) => {
    const { harness, websocket, ends } = open()
    for (const chunk of chunks) websocket.layer.execute(CLIENT, chunk)
    websocket.layer.execute(ORIGIN, frame({ opcode: OPCODE.close }))
    websocket.layer.abort('relay_eof')
    t.same(ends, ['completed'])
    return streamStory(harness.events())
  })
  t.same(stories[0], [
    'websocket_opened @ws compressed=false',
    'websocket_frame @ws side=client opcode=text fin=true size=12 message_index=0 message_size=12 text=Übergr',
    'ws_turn_started @ws turn_id=0 initiator=client first_sequence=0',
    'websocket_frame @ws side=client opcode=binary fin=false size=1',
    'websocket_frame @ws side=client opcode=ping fin=true size=0',
    'websocket_frame @ws side=client opcode=continuation fin=true size=1 message_index=1 message_size=2 data=AQI=',
    'websocket_frame @ws side=client opcode=close fin=true size=3 code=1001 reason=b',
    'ws_turn_completed @ws turn_id=0 initiator=client reason=close messages_client=2 messages_origin=0 bytes_client=14 bytes_origin=0 first_sequence=0 last_sequence=1',
    'websocket_frame @ws side=origin opcode=close fin=true size=0 code=1005',
    'websocket_closed @ws close_reason=completed code=1001 reason=b closed_by=client messages_client=2 messages_origin=0 bytes_client=17 bytes_origin=0 turns=1',
  ])
  for (const story of stories) t.same(story, stories[0])
})

t.test('a violation loses the turn; the other side is still told', async (t) => {
  const { harness, websocket, ends } = open()
  websocket.layer.execute(CLIENT, fromClient({ opcode: OPCODE.text, payload: 'a' }))
  websocket.layer.execute(CLIENT, frame({ opcode: OPCODE.text, payload: 'unmasked' }))
  websocket.layer.execute(ORIGIN, frame({ opcode: OPCODE.text, payload: 'b' }))
  websocket.layer.abort('client_reset')
  const told = harness.events()
  t.match(
    told.filter(({ event }) => event === 'ws_turn_completed'),
    [
      { turn_id: 0, reason: 'lost' },
      { turn_id: 1, reason: 'close', initiator: 'origin' },
    ],
  )
  t.match(told.at(-1), { event: 'websocket_closed', close_reason: 'client_reset', violation: 'websocket_client_unmasked' })
  t.same(ends, ['websocket_client_unmasked', 'client_reset'])
})

t.test('messages that cannot be inflated are told once, and counted', async (t) => {
  const { harness, websocket } = open('permessage-deflate')
  for (let n = 0; n < 4; n++) websocket.layer.execute(ORIGIN, frame({ opcode: OPCODE.text, payload: 'no deflate', reserved: 4 }))
  websocket.layer.abort('relay_eof')
  const told = harness.events()
  t.match(
    told.filter(({ event }) => event === 'decode_failed'),
    [
      { layer: 'websocket_deflate', reason: 'corrupt', side: 'origin' },
      { layer: 'websocket_deflate', reason: 'context_lost' },
    ],
  )
  t.equal(told.filter(({ event }) => event === 'websocket_frame').length, 4)
  t.notOk('message_size' in (told.find(({ event }) => event === 'websocket_frame') ?? {}))
})
