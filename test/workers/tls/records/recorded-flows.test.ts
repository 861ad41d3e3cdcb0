/**
 * The record tracker sees in recorded flows what TShark sees, without a key, in every split (RFC 8446, RFC 5246).
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { corpusText, fixtureText, jsonLines, needsCorpus } from '../../../support/corpora/corpora.ts'
import { type Turn, watch, watchSplit } from '../../../support/recorders/watched-turns.ts'

interface FlowRow {
  readonly file: string
  readonly name?: string
  readonly a2b_b64: string
  readonly b2a_b64: string
  readonly tshark_a2b: Seen[]
  readonly tshark_b2a: Seen[]
}
interface Seen {
  readonly handshake?: number
  readonly alert_desc?: number
}

/** The client's first record, all of the server, the rest of the client: the order in which a relay would see them. */
function flowTurns(row: FlowRow): Turn[] {
  const client = Buffer.from(row.a2b_b64, 'base64')
  const head = ((client[0] ?? 0) & 0x80) === 0 ? 5 + client.readUInt16BE(3) : 2 + (((client[0] ?? 0) & 0x7f) << 8) + (client[1] ?? 0)
  return [
    [CLIENT, client.subarray(0, head)],
    [ORIGIN, Buffer.from(row.b2a_b64, 'base64')],
    [CLIENT, client.subarray(head)],
  ]
}

function messages(lines: readonly string[], side: string): string[] {
  return lines.flatMap((line) => new RegExp(`^${side} (?:(message \\d+)|alert \\d+ (\\d+))$`).exec(line)?.slice(1, 3).filter(Boolean) ?? [])
}

function seen(list: readonly Seen[]): string[] {
  return list.flatMap(({ alert_desc, handshake }) =>
    handshake !== undefined ? [`message ${handshake}`] : alert_desc !== undefined ? [String(alert_desc)] : [],
  )
}

/** Where TShark and the tracker differ, and why. */
const DIFFERS: Readonly<Record<string, string>> = {
  'hrr.pcap': 'TShark lists one of the two messages of type 2, HelloRetryRequest and ServerHello',
  'ssl-v2.pcap': 'SSL 2.0 itself: nothing is read behind its hello',
  'tls1.2-protocol-violation.pcap': 'a message of type 56, which TShark leaves out',
}

t.test('recorded flows: messages and alerts as TShark sees them, whatever the split', async (t) => {
  const rows = jsonLines<FlowRow>(fixtureText('tls-flows/flows.jsonl'))
  t.equal(rows.length, 15)
  for (const row of rows) {
    const { lines } = watchSplit(flowTurns(row))
    const name = row.name ?? row.file
    if (DIFFERS[name] !== undefined) continue
    t.strictSame(messages(lines, 'client'), seen(row.tshark_a2b), `${name} client`)
    t.strictSame(messages(lines, 'origin'), seen(row.tshark_b2a), `${name} origin`)
  }
})

t.test('full corpus: tls-flows', needsCorpus('tls-flows/flows.jsonl'), async (t) => {
  const count = { flows: 0, equal: 0, explained: 0 }
  for (const row of jsonLines<FlowRow>(corpusText('tls-flows/flows.jsonl'))) {
    const { lines } = watch(flowTurns(row))
    const same = `${messages(lines, 'client')}|${messages(lines, 'origin')}` === `${seen(row.tshark_a2b)}|${seen(row.tshark_b2a)}`
    count.flows++
    if (same) count.equal++
    else if (DIFFERS[row.file.split('/').at(-1) ?? ''] !== undefined) count.explained++
    else t.fail(`${row.file}: ${lines}`)
  }
  t.comment(JSON.stringify(count))
  t.equal(count.equal + count.explained, count.flows)
})

t.test('a TLS 1.2 flow in full', async (t) => {
  const row = jsonLines<FlowRow>(fixtureText('tls-flows/flows.jsonl')).find(({ name }) => name === 'dhe.pcap')
  const { facts, lines } = watch(flowTurns(row as FlowRow))
  t.strictSame(lines, [
    'client message 1',
    'client hello -',
    'origin message 2',
    'server hello TLSv1.2 0x0088',
    'origin message 11',
    'origin message 12',
    'origin message 14',
    'origin message 4',
    'origin encrypted',
    'origin data',
    'client message 16',
    'client encrypted',
    'client data',
  ])
  t.strictSame(facts.finished, [true, true])
  t.notOk(facts.resumed)
})

// —— Flows made here ——
