/**
 * What an event and its fields are declared with: kinds, and a constructor for each. No thread of its own.
 *
 *     u32     0 … 2³²−2                    f64     sizes and durations beyond 32 bits; milliseconds
 *     bool                                 enum    index into `values`
 *     string  UTF-8                        fields  `[[name, value], …]`, redacted where configured
 *     bytes   octets, base64 in JSON       json    a small JSON value, for lists and records
 */

export type FieldKind = 'u32' | 'f64' | 'bool' | 'string' | 'bytes' | 'fields' | 'json'

export interface FieldSpec {
  readonly kind: FieldKind | 'enum'
  readonly doc: string
  readonly values?: readonly string[]
  /** A URL, or a request target: values of secret parameters are redacted. */
  readonly url?: true
}

export interface EventSpec {
  readonly id: number
  readonly doc: string
  readonly fields: Readonly<Record<string, FieldSpec>>
}

export const u32 = (doc: string) => ({ kind: 'u32', doc }) as const
export const f64 = (doc: string) => ({ kind: 'f64', doc }) as const
export const bool = (doc: string) => ({ kind: 'bool', doc }) as const
export const string = (doc: string) => ({ kind: 'string', doc }) as const
export const url = (doc: string) => ({ kind: 'string', doc, url: true }) as const
export const bytes = (doc: string) => ({ kind: 'bytes', doc }) as const
export const fields = (doc: string) => ({ kind: 'fields', doc }) as const
export const json = (doc: string) => ({ kind: 'json', doc }) as const
export const oneOf = <const V extends readonly string[]>(values: V, doc: string) => ({ kind: 'enum', values, doc }) as const

/** What names the exchange that an event belongs to: one of the two. Stands in the record's header, not in its payload. */
export const streamIdentity = {
  stream_id: u32('HTTP/2 stream'),
  exchange: u32('HTTP/1.1: number of the exchange within the flow, from 0'),
} as const
