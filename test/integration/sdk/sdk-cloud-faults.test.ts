/**
 * Google's and AWS's SDKs at the mercy of the profiles `gemini` and `aws`, against local origins: each entry raises the SDK's own class,
 * with what the body says, and is attempted again as the SDK documents it: Google's not at all, or as `retryOptions` says and without a
 * look at RetryInfo; AWS's standard mode three times (DynamoDB four), after up to 50 ms, of throttling up to 1 s, doubled each time.
 */

import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { waitsOf } from '../../../src/cli/scenario/operation.ts'
import { ProfileLibrary } from '../../../src/shared/faults/profiles/profile-library.ts'
import { importForeign, NO_FOREIGN_PACKAGES } from '../../support/clients/foreign-packages.ts'
import { SdkTrial } from '../../support/clients/sdk-trial.ts'
import { ProxyAgent } from '../../support/proxy-agent.ts'

// Waits of seconds, and a machine that may be busy.
t.setTimeout(300_000)

/** Timers may fire a millisecond early. */
const EARLY_MS = 5
/** What a loaded machine may add to a wait. */
const LATE_MS = 3_000

interface Failure extends Error {
  readonly status?: number
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number; readonly requestId?: string }
}

interface Outcome {
  readonly failure: Failure | undefined
  readonly text: string
}

/** What `work` has said, and how it failed. */
async function outcomeOf(work: (say: (text: string) => void) => Promise<unknown>): Promise<Outcome> {
  let text = ''
  const failure = await work((more) => {
    text += more
  }).then(
    () => undefined,
    (error: Failure) => error,
  )
  return { failure, text }
}

const statusOf = (entry: string): number | undefined => {
  const [fault] = new ProfileLibrary().find(entry).faults
  return fault?.kind === 'respond' ? fault.status : undefined
}

/** The waits of the one operation that met `entry`, before the n-th attempt again within what `range` says. */
async function checkWaits(
  t: Test,
  trial: SdkTrial,
  entry: string,
  attempts: number,
  range: (n: number) => readonly [number, number],
): Promise<void> {
  const operations = await trial.operations(entry)
  t.same(
    operations.map((operation) => operation.attempts.length),
    [attempts],
    `${entry}: attempts`,
  )
  for (const [n, { waitedMs }] of operations.flatMap(waitsOf).entries()) {
    const [least, most] = range(n)
    t.ok(waitedMs >= least - EARLY_MS && waitedMs <= most + LATE_MS, `${entry}: waited ${waitedMs} ms of ${least} to ${most}`)
  }
}

const CHUNKS = ['eins', 'zwei', 'drei'].map((text) => ({ candidates: [{ content: { parts: [{ text }], role: 'model' } }] }))

function answerGemini(response: ServerResponse): void {
  if (response.req.url?.includes('stream') !== true) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(CHUNKS[0]))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const chunk of CHUNKS) response.write(`data: ${JSON.stringify(chunk)}\r\n\r\n`)
  response.end()
}

interface Models {
  generateContent(asked: object): Promise<{ readonly text: string }>
  generateContentStream(asked: object): Promise<AsyncIterable<{ readonly text: string }>>
}
interface Genai {
  readonly GoogleGenAI: new (options: object) => { readonly models: Models }
  readonly ApiError: new (...parameters: never[]) => Error
}

const GEMINI = ['400', '400-key', '400-precondition', '403', '404', '429', '500', '503', '504']
const AGAIN = new Set(['429', '500', '503', '504'])
const PATIENCE_MS = 30_000
const ASKED = { model: 'm', contents: 'hi' }
/** p-retry: the first wait, doubled each time, times 1 to 2. */
const FIRST_MS = 300

async function gemini(trial: SdkTrial, entry: string, options: object = {}): Promise<Models> {
  const { GoogleGenAI } = await importForeign<Genai>('@google/genai')
  const httpOptions = { baseUrl: trial.baseUrl(entry), fetch: trial.fetch, timeout: PATIENCE_MS, ...options }
  return new GoogleGenAI({ apiKey: 'k', httpOptions }).models
}

for (const retryOptions of [undefined, { attempts: 3, initialDelay: FIRST_MS / 1_000 }]) {
  t.test(
    `Gemini: every status, ${retryOptions === undefined ? 'without' : 'with'} retryOptions`,
    { skip: NO_FOREIGN_PACKAGES },
    async (t) => {
      const { ApiError } = await importForeign<Genai>('@google/genai')
      const entries = GEMINI.map((name) => ({ entry: `gemini:${name}` }))
      const trial = await SdkTrial.start(t, entries, answerGemini)
      const call = async (entry: string) => (await gemini(trial, entry, { retryOptions })).generateContent(ASKED)
      const outcomes = await Promise.all(entries.map(({ entry }) => outcomeOf(() => call(entry))))
      for (const [n, { entry }] of entries.entries()) {
        const { failure } = outcomes[n] as Outcome
        t.equal(failure?.constructor, ApiError, `${entry}: ApiError, not ${failure}`)
        t.equal(failure?.status, statusOf(entry))
        t.equal(JSON.parse(failure?.message ?? '{}').error.code, statusOf(entry), `${entry}: Google's error model`)
        const attempts = retryOptions !== undefined && AGAIN.has(GEMINI[n] ?? '') ? 3 : 1
        await checkWaits(t, trial, entry, attempts, (again) => [FIRST_MS * 2 ** again, FIRST_MS * 2 ** (again + 1)])
        t.equal(trial.servedFor(entry), 0, `${entry}: the origin was never asked`)
      }
    },
  )
}

t.test('Gemini: a fault that passes, and streams that break', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const entries = ['sse-cut', 'sse-stall', 'sse-end'].map((name) => ({ entry: `gemini:${name}` }))
  const trial = await SdkTrial.start(t, [...entries, { entry: 'gemini:503', times: 1 }], answerGemini)
  const { fetch } = trial
  const retried = await gemini(trial, 'gemini:503', { baseUrl: trial.baseUrl('gemini:503', 1), retryOptions: { attempts: 2 }, fetch })
  t.equal((await retried.generateContent(ASKED)).text, 'eins')
  const stream = async (entry: string, timeout: number): Promise<Outcome> => {
    const models = await gemini(trial, entry, { timeout })
    return outcomeOf(async (say) => {
      for await (const { text } of await models.generateContentStream(ASKED)) say(text)
    })
  }
  t.match(await stream('gemini:sse-cut', PATIENCE_MS), { text: 'eins', failure: { name: 'TypeError', cause: { code: 'UND_ERR_SOCKET' } } })
  t.match(await stream('gemini:sse-stall', 1_500), { text: 'eins', failure: { name: 'AbortError' } })
  t.match(
    await stream('gemini:sse-end', PATIENCE_MS),
    { text: 'eins', failure: undefined },
    'the SDK takes it for whole: it has no finishReason',
  )
})

type Classes = Readonly<Record<string, new (options: object) => { send(command: object): Promise<unknown> }>>
type Service = 'bedrock-runtime' | 'dynamodb' | 's3' | 'sts'

interface AwsCase {
  readonly entry: string
  readonly service: Service
  /** Of the error; the class has it, where the service's model knows the error. */
  readonly name: string
  readonly isModelled: boolean
  readonly attempts: number
  readonly isThrottling: boolean
}

const aws = (entry: string, service: Service, name: string, { attempts = 1, isModelled = true, isThrottling = false } = {}): AwsCase => ({
  entry: `aws:${entry}`,
  service,
  name,
  isModelled,
  attempts,
  isThrottling,
})
const AWS: readonly AwsCase[] = [
  aws('throttling', 'bedrock-runtime', 'ThrottlingException', { attempts: 3, isThrottling: true }),
  aws('unavailable', 'bedrock-runtime', 'ServiceUnavailableException', { attempts: 3 }),
  aws('internal', 'bedrock-runtime', 'InternalServerException', { attempts: 3 }),
  aws('validation', 'bedrock-runtime', 'ValidationException'),
  aws('access-denied', 'bedrock-runtime', 'AccessDeniedException'),
  aws('expired-token', 'bedrock-runtime', 'ExpiredTokenException', { isModelled: false }),
  aws('model-not-ready', 'bedrock-runtime', 'ModelNotReadyException', { attempts: 3, isThrottling: true }),
  aws('model-timeout', 'bedrock-runtime', 'ModelTimeoutException'),
  aws('dynamodb-throughput', 'dynamodb', 'ProvisionedThroughputExceededException', { attempts: 4, isThrottling: true }),
  aws('s3-slow-down', 's3', 'SlowDown', { attempts: 3, isModelled: false, isThrottling: true }),
  aws('s3-internal', 's3', 'InternalError', { attempts: 3, isModelled: false }),
  aws('s3-no-such-key', 's3', 'NoSuchKey'),
  aws('query-throttling', 'sts', 'Throttling', { attempts: 3, isModelled: false, isThrottling: true }),
]
const COMMANDS: Readonly<Record<Service, readonly [client: string, command: string, asked: object, general: string]>> = {
  'bedrock-runtime': [
    'BedrockRuntimeClient',
    'ConverseCommand',
    { modelId: 'm', messages: [{ role: 'user', content: [{ text: 'hi' }] }] },
    'BedrockRuntimeServiceException',
  ],
  dynamodb: ['DynamoDBClient', 'ListTablesCommand', {}, 'DynamoDBServiceException'],
  s3: ['S3Client', 'GetObjectCommand', { Bucket: 'b', Key: 'k' }, 'S3ServiceException'],
  sts: ['STSClient', 'GetCallerIdentityCommand', {}, 'STSServiceException'],
}

/** The first wait at most, of throttling and of others; it is doubled each time, and each is drawn from 0 on. */
const THROTTLED_MS = 1_000
const TRANSIENT_MS = 50

const OBJECT_BYTES = 5_000

async function send(trial: SdkTrial, entry: string, service: Service): Promise<unknown> {
  const classes = await importForeign<Classes>(`@aws-sdk/client-${service}`)
  const { NodeHttpHandler } = await importForeign<Classes>('@smithy/node-http-handler')
  const [client, command, asked] = COMMANDS[service]
  const [Client, Command, Handler] = [classes[client], classes[command], NodeHttpHandler]
  if (Client === undefined || Command === undefined || Handler === undefined) throw new Error(`no ${client}`)
  const options = {
    region: 'eu-west-1',
    endpoint: trial.baseUrl(entry),
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: new Handler({ httpsAgent: new ProxyAgent(trial.harness) }),
    forcePathStyle: true,
  }
  return new Client(options).send(new Command(asked))
}

t.test('AWS: every error', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const trial = await SdkTrial.start(t, AWS, (response) => void response.end('{}'))
  const outcomes = await Promise.all(AWS.map(({ entry, service }) => outcomeOf(() => send(trial, entry, service))))
  for (const [n, { entry, service, name, isModelled, attempts, isThrottling }] of AWS.entries()) {
    const { failure } = outcomes[n] as Outcome
    const classes = await importForeign<Classes>(`@aws-sdk/client-${service}`)
    t.equal(failure?.constructor, classes[isModelled ? name : COMMANDS[service][3]], `${entry}: the class of ${name}, not ${failure}`)
    t.equal(failure?.name, name)
    t.match(failure?.$metadata, { httpStatusCode: statusOf(entry), attempts })
    const [fault] = new ProfileLibrary().find(entry).faults
    if (fault?.kind === 'respond') t.ok(Object.values(fault.fields).includes(failure?.$metadata?.requestId ?? ''), `${entry}: request id`)
    const most = isThrottling ? THROTTLED_MS : TRANSIENT_MS
    await checkWaits(t, trial, entry, attempts, (again) => [0, most * 2 ** again])
    t.equal(trial.servedFor(entry), 0, `${entry}: the origin was never asked`)
  }
})

t.test(
  'AWS: a download that ends early is not taken for whole; throttling that passes is not seen',
  { skip: NO_FOREIGN_PACKAGES },
  async (t) => {
    const faults = [{ entry: 'aws:s3-truncated' }, { entry: 'aws:throttling', times: 2 }]
    const trial = await SdkTrial.start(t, faults, (response) => {
      const isObject = response.req.url?.includes('s3-truncated') === true
      const body = isObject
        ? Buffer.alloc(OBJECT_BYTES, 'x')
        : '{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"end_turn"}'
      response.writeHead(200, { 'content-length': body.length, 'content-type': 'application/json' }).end(body)
    })
    const { Body } = (await send(trial, 'aws:s3-truncated', 's3')) as { Body: { transformToString(): Promise<string> } }
    await t.rejects(Body.transformToString(), { code: 'ECONNRESET' })
    t.match(await send(trial, 'aws:throttling:2', 'bedrock-runtime'), { stopReason: 'end_turn', $metadata: { attempts: 3 } })
  },
)
