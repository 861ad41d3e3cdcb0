/**
 * SdkTrial: SDKs at the mercy of profiles. One engine and one TLS origin; the path that a client asks below says which entry of a
 * profile it meets (`/anthropic:529/v1/messages`), so that all can be tried at the same time. What each did is read off the events.
 */

import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { AttemptLog } from '../../../src/cli/scenario/attempt-log.ts'
import { type Operation, operationsOf } from '../../../src/cli/scenario/operation.ts'
import { EngineHarness } from '../engine-harness.ts'
import { startHttpsOrigin } from '../test-origin.ts'
import { proxiedFetch } from './recorded-fetch.ts'

export interface TrialFault {
  /** `anthropic:529`, and the first part of the path. */
  readonly entry: string
  readonly times?: number
  /** Of the requests with that path, those that it happens to. */
  readonly match?: { readonly method?: string; readonly field?: Readonly<Record<string, string>> }
  readonly skip?: number
}

export class SdkTrial {
  readonly harness: EngineHarness
  readonly fetch: typeof globalThis.fetch
  readonly #port: number
  readonly #served: string[]

  private constructor(harness: EngineHarness, fetch: typeof globalThis.fetch, port: number, served: string[]) {
    this.harness = harness
    this.fetch = fetch
    this.#port = port
    this.#served = served
  }

  /** `answer` is what the origin does with requests that reach it. */
  static async start(t: Test, faults: readonly TrialFault[], answer: (response: ServerResponse, body: string) => void): Promise<SdkTrial> {
    const served: string[] = []
    const origin = await startHttpsOrigin((request, response) => {
      served.push(request.url ?? '')
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      request.on('end', () => answer(response, body))
    })
    t.teardown(() => origin.close())
    const rules = faults.map(({ entry, times, match, skip }) => ({
      name: entry,
      match: { host: 'localhost', path: `/${pathOf(entry, times)}/*`, ...match },
      fault: { profile: entry, ...(times === undefined ? {} : { times }), ...(skip === undefined ? {} : { skip }) },
    }))
    const harness = await EngineHarness.start(t, { rules })
    const { fetch, close } = proxiedFetch(harness)
    t.teardown(close)
    return new SdkTrial(harness, fetch, origin.port, served)
  }

  baseUrl(entry: string, times?: number): string {
    return `https://localhost:${this.#port}/${pathOf(entry, times)}`
  }

  /** Requests for an entry that the origin has seen. */
  servedFor(entry: string, times?: number): number {
    return this.#served.filter((path) => path.startsWith(`/${pathOf(entry, times)}/`)).length
  }

  /** The operations of the client that met an entry. */
  async operations(entry: string, times?: number): Promise<Operation[]> {
    await this.harness.engine.flush()
    await delay(0)
    const log = new AttemptLog()
    for (const event of this.harness.events) log.add(event)
    return operationsOf(log.attempts.filter(({ path }) => path.startsWith(`/${pathOf(entry, times)}/`)))
  }
}

function pathOf(entry: string, times: number | undefined): string {
  return times === undefined ? entry : `${entry}:${times}`
}
