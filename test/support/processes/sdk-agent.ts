/**
 * A client of the Anthropic SDK as a process, for scenarios: `sdk-agent URL`. Proxy and trust come from the environment, as Node itself
 * reads it. Exit code 0: it got its message.
 */

import { importForeign } from '../clients/foreign-packages.ts'

interface Client {
  readonly messages: { create(parameters: object): Promise<unknown> }
}

const { default: Anthropic } = await importForeign<{ readonly default: new (options: object) => Client }>('@anthropic-ai/sdk')
const client = new Anthropic({ apiKey: 'k', baseURL: process.argv[2] })
try {
  await client.messages.create({ model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] })
} catch (error) {
  console.log((error as Error).constructor.name)
  process.exitCode = 1
}
