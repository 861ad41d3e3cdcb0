/**
 * Which method and path is a call of which LLM API.
 */

import t from 'tap'
import { recognizeLlmTarget } from '../../../../src/workers/layers/llm/llm-api.ts'

t.test('by method and path', async (t) => {
  const cases: [string, string, object | undefined][] = [
    ['POST', '/v1/messages', { api: 'anthropic_messages' }],
    ['POST', '/v1/messages?beta=true', { api: 'anthropic_messages' }],
    ['POST', '/v1/messages/count_tokens', undefined],
    ['POST', '/v1/messages/batches', undefined],
    ['POST', '/v1/chat/completions', { api: 'openai_chat', model: '' }],
    ['POST', '/openai/v1/chat/completions#stream', { api: 'openai_chat' }],
    ['POST', '/openai/deployments/my%20gpt/chat/completions?api-version=1', { api: 'openai_chat', model: 'my gpt' }],
    ['POST', '/openai/deployments/d/completions', { api: 'openai_completions', model: 'd' }],
    ['POST', '/v1/completions', { api: 'openai_completions' }],
    ['POST', '/v1/responses', { api: 'openai_responses' }],
    ['GET', '/v1/responses/resp_1?starting_after=0&stream=true', { api: 'openai_responses', stream: true }],
    ['GET', '/v1/responses/resp_1', { api: 'openai_responses', stream: false }],
    ['GET', '/v1/responses', undefined],
    ['POST', '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse', { api: 'gemini', model: 'gemini-2.5-pro', stream: true }],
    ['POST', '/v1/projects/p/locations/l/publishers/google/models/g:generateContent', { api: 'gemini', model: 'g', stream: false }],
    [
      'POST',
      '/v1/projects/p/locations/l/publishers/anthropic/models/claude:streamRawPredict',
      { api: 'anthropic_messages', model: 'claude' },
    ],
    ['POST', '/v1/projects/p/locations/l/publishers/meta/models/llama:rawPredict', undefined],
    ['POST', '/v1beta/models/x:countTokens', undefined],
    ['POST', '/openai/deployments/%zz/chat/completions', { api: 'openai_chat', model: '%zz' }],
    ['GET', '/v1/messages', undefined],
    ['POST', '/', undefined],
    ['POST', `/${'a/'.repeat(50_000)}`, undefined],
  ]
  for (const [method, target, expected] of cases) {
    const found = recognizeLlmTarget(method, target)
    if (expected === undefined) t.equal(found, undefined, target.slice(0, 60))
    else t.match(found, expected, target)
  }
})
