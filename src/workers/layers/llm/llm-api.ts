/**
 * The LLM APIs that the observer knows, and how the path of a request tells them. Worker thread.
 */

export type LlmApi = 'anthropic_messages' | 'openai_chat' | 'openai_completions' | 'openai_responses' | 'gemini'

export interface LlmTarget {
  readonly api: LlmApi
  /** The model, where the path names it (Gemini, Vertex, Azure deployments); else empty. */
  readonly model: string
  /** The path itself asks for a stream. */
  readonly stream: boolean
}

/**
 * Recognises an API by the end of the path, because gateways put them under prefixes of their own. Linear: anchored at the
 * end, with classes that exclude their separators.
 */
const MODEL_METHOD = /\/models\/([^/?#:]{1,128}):(streamGenerateContent|generateContent|streamRawPredict|rawPredict)$/
const DEPLOYMENT = /\/deployments\/([^/?#]{1,128})\/(?:chat\/)?completions$/
const RESPONSE_ID = /\/responses\/[^/?#]{1,128}$/

export function recognizeLlmTarget(method: string, target: string): LlmTarget | undefined {
  const end = target.search(/[?#]/)
  const path = end === -1 ? target : target.slice(0, end)
  const query = end === -1 ? '' : target.slice(end)
  // A Responses answer can be fetched and resumed later: GET …/responses/ID?stream=true.
  if (method === 'GET') return RESPONSE_ID.test(path) ? named('openai_responses', '', /[?&]stream=true\b/.test(query)) : undefined
  if (method !== 'POST') return undefined
  if (path.endsWith('/chat/completions')) return named('openai_chat', DEPLOYMENT.exec(path)?.[1] ?? '')
  if (path.endsWith('/v1/messages')) return named('anthropic_messages', '')
  if (path.endsWith('/responses')) return named('openai_responses', '')
  if (path.endsWith('/v1/completions') || DEPLOYMENT.test(path)) return named('openai_completions', DEPLOYMENT.exec(path)?.[1] ?? '')
  const match = MODEL_METHOD.exec(path)
  if (match === null) return undefined
  const [, model = '', verb = ''] = match
  // Vertex serves Anthropic's models raw, others in Gemini's shape.
  if (verb.endsWith('awPredict')) return path.includes('/publishers/anthropic/') ? named('anthropic_messages', model) : undefined
  return named('gemini', model, verb === 'streamGenerateContent')
}

function named(api: LlmApi, model: string, stream = false): LlmTarget {
  return { api, model: model.includes('%') ? decoded(model) : model, stream }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
