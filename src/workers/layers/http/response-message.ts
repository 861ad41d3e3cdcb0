/**
 * A response of our own in HTTP/1.1 form, of fields and a body that are known to go together. Worker thread.
 */

/** `status` with its reason phrase. `fields` say how long `body` is, where they have to; Date is added (RFC 9110 §6.6.1). */
export function responseMessage(status: string, fields: Readonly<Record<string, string>>, body: string, nowMs: number): Uint8Array {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  const date = hasField(fields, 'date') ? [] : [`Date: ${new Date(nowMs).toUTCString()}`]
  return Buffer.from([`HTTP/1.1 ${status}`, ...date, ...lines, '', body].join('\r\n'))
}

/** Whether `fields` have `name`, which is given in lower case. */
export function hasField(fields: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(fields).some((key) => key.toLowerCase() === name)
}
