/**
 * Regressions: for each gate a place in the compiled engine where useless work makes its subject dearer, and how much of it goes where.
 * For `npm run gates:prove`; no gate uses it.
 */

export interface Regression {
  readonly gate: string
  /** Compiled file, relative to dist/src. */
  readonly file: string
  /** Line of it after which the waste is inserted: the beginning of a function. */
  readonly after: string
  /** `amount` of waste for one operation of the gate: turns of a loop, or octets that are kept. */
  waste(amount: number): string
  readonly kind: 'cpu' | 'memory'
}

/** `turns`: an expression of what stands at the place. */
function spin(turns: string): string {
  return `let turn = waste; for (let n = 0; n < ${turns}; n++) turn = (Math.imul(turn, 31) + n) | 0; waste = turn;`
}

/**
 * The waste of many calls in one of them: a loop of a few turns in each would be done beside the function's own work by a processor that
 * looks ahead, and cost half.
 */
function lumped(turns: number): string {
  return `if ((++calls & ${CALLS_PER_LUMP - 1}) === 0) { ${spin(whole(turns * CALLS_PER_LUMP))} }`
}

/** Declares what the waste needs; to be put before everything else in the file. */
export const DECLARATIONS = 'let waste = 0; let calls = 0;\n'

/** A power of two. */
const CALLS_PER_LUMP = 64
const HTTP1_LAYER = { file: 'workers/layers/http1/http1-layer.js', after: 'execute(side, bytes, plan) {' } as const
const SESSION = { file: 'workers/session.js', after: 'constructor(context, ticket, client, onEnd) {' } as const
const BODY_OCTETS = 1_048_576
const whole = (amount: number) => String(Math.round(amount))
/** A small exchange is two reads: the request and the response. */
const perRead = (amount: number) => lumped(amount / 2)

export const REGRESSIONS: readonly Regression[] = [
  { gate: 'request-cost', ...HTTP1_LAYER, kind: 'cpu', waste: perRead },
  { gate: 'connection-cost', ...SESSION, kind: 'cpu', waste: (amount) => spin(whole(amount)) },
  { gate: 'body-cost', ...HTTP1_LAYER, kind: 'cpu', waste: (amount) => spin(`bytes.length * ${amount / BODY_OCTETS}`) },
  {
    gate: 'idle-memory',
    ...SESSION,
    kind: 'memory',
    waste: (amount) => `this.waste = Buffer.allocUnsafeSlow(${whole(amount)}).fill(1);`,
  },
  { gate: 'http1-pair', ...HTTP1_LAYER, kind: 'cpu', waste: perRead },
  {
    gate: 'ring-write',
    file: 'shared/events/record/record-claim.js',
    after: 'open(flow, id, stream, timeMs, length, protocol) {',
    kind: 'cpu',
    waste: lumped,
  },
  {
    gate: 'policy-decision',
    file: 'shared/policy/policy.js',
    after: 'decideConnect(facts) {',
    kind: 'cpu',
    waste: lumped,
  },
  {
    gate: 'ndjson-line',
    file: 'aggregator/sinks/ndjson-sink.js',
    after: 'accept(event) {',
    kind: 'cpu',
    waste: lumped,
  },
]
