/**
 * A `fetch` for SDKs, straight to a test origin or through the engine, that keeps a copy of every response body: the octets of
 * both ways must be the same.
 */

import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from 'undici'
import type { EngineHarness } from '../engine-harness.ts'
import { ORIGIN_ROOT } from '../test-origin.ts'

export interface RecordedFetch {
  readonly fetch: typeof globalThis.fetch
  /** Bodies of the responses, in the order of the requests, as far as they were read. */
  readonly bodies: Buffer[]
  close(): Promise<void>
}

export function directFetch(): RecordedFetch {
  return recordedFetch(new Agent({ connect: { ca: ORIGIN_ROOT.certificatePem } }))
}

export function proxiedFetch(harness: EngineHarness): RecordedFetch {
  return recordedFetch(new ProxyAgent({ uri: harness.proxyUrl, requestTls: { ca: harness.caPem } }))
}

function recordedFetch(dispatcher: Dispatcher): RecordedFetch {
  const bodies: Buffer[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const number = bodies.push(Buffer.alloc(0)) - 1
    const url = input instanceof Request ? input.url : input
    const response = await undiciFetch(url, { ...init, dispatcher } as never)
    const copy = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bodies[number] = Buffer.concat([bodies[number] as Buffer, chunk])
        controller.enqueue(chunk)
      },
    })
    const body = response.body === null ? null : (response.body as unknown as ReadableStream<Uint8Array>).pipeThrough(copy)
    const made = new Response(body, { status: response.status, statusText: response.statusText, headers: [...response.headers] })
    Object.defineProperty(made, 'url', { value: response.url })
    return made
  }
  return { fetch: fetch as typeof globalThis.fetch, bodies, close: () => dispatcher.destroy() }
}
