/**
 * LlmEvents: what the LLM observer of one exchange has found out, as one ring record at its end. Worker thread.
 */

import type { LlmFacts, LlmHandler } from '../../layers/llm/llm-facts.ts'
import type { ExchangeLabel, Observation } from '../observation.ts'

export class LlmEvents implements LlmHandler {
  readonly #observation: Observation
  readonly #exchange: ExchangeLabel
  #errorInStream = false

  constructor(observation: Observation, exchange: ExchangeLabel) {
    this.#observation = observation
    this.#exchange = exchange
  }

  onLlmRecognized(): void {}

  onLlmFirstContent(): void {}

  onLlmError(_facts: LlmFacts, inStream: boolean): void {
    this.#errorInStream = inStream
  }

  onLlmEnd(facts: LlmFacts): void {
    const { events, session } = this.#observation
    const { number, protocol } = this.#exchange
    const { usage, error } = facts
    const values = {
      api: facts.api,
      evidence: facts.evidence,
      requested_model: text(facts.requestedModel),
      model: text(facts.model),
      response_id: text(facts.responseId),
      stream: facts.stream,
      streamed: facts.streamed,
      status: facts.status === 0 ? undefined : facts.status,
      stop_reason: text(facts.stopReason),
      complete: facts.complete,
      input_tokens: count(usage.input),
      output_tokens: count(usage.output),
      cached_tokens: count(usage.cached),
      cache_written_tokens: count(usage.cacheWritten),
      reasoning_tokens: count(usage.reasoning),
      total_tokens: count(usage.total),
      events: facts.events,
      content_events: facts.contentEvents,
      ttft_ms: count(facts.ttftMs),
      gap_mean_ms: count(facts.gapMeanMs),
      gap_max_ms: facts.contentEvents > 1 ? facts.gapMaxMs : undefined,
      error_type: error === undefined ? undefined : text(error.type),
      error_message: error === undefined ? undefined : text(error.message),
      error_in_stream: error === undefined ? undefined : this.#errorInStream,
    }
    events.emit('llm_exchange', session.flow, values, session.now, number, protocol)
  }
}

/** Empty texts are absent fields. */
function text(value: string): string | undefined {
  return value === '' ? undefined : value
}

/** −1 is an absent field. */
function count(value: number): number | undefined {
  return value === -1 ? undefined : value
}
