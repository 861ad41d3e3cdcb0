/**
 * Takes a complete response apart, without any parser of ours, and checks that its framing holds.
 */

export interface ResponseFacts {
  readonly statusLine: string
  /** By lower-case name; repeated fields are joined with `, `. */
  readonly fields: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export function parseResponse(response: Uint8Array): ResponseFacts {
  const bytes = Buffer.from(response)
  const end = bytes.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const fields: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(': ')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 2)
    fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`
  }
  return { statusLine, fields, body: bytes.subarray(end + 4) }
}
