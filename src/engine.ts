/**
 * Engine: wires the rooms. start() → drain() → close(); with its two helpers the only file that imports all of them. Main
 * thread.
 *
 *     parse options ─▶ open CA ─▶ shared memory ─▶ aggregator ─▶ listen ─▶ shards ─▶ ready
 *
 * Each step can fail with a `UserError` (what, where, remedy); what had been started by then is closed again. The listening
 * sockets are bound before the shards start, because shards must know which ports are ours; until then connections wait.
 */

import { randomBytes } from 'node:crypto'
import { availableParallelism, hostname, networkInterfaces } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { Acceptor } from './acceptor/acceptor.ts'
import { Admitter } from './acceptor/admission.ts'
import { loadPeerCredentials } from './acceptor/descriptor.ts'
import { GentleCloser } from './acceptor/gentle-close.ts'
import type { IntakeContext } from './acceptor/intake-context.ts'
import { BypassKeeper } from './acceptor/learning/bypass-keeper.ts'
import { ClientOwners } from './acceptor/owners/client-owners.ts'
import { ProviderDoor } from './acceptor/providers/provider-door.ts'
import { descriptorLimit, sessionCap } from './acceptor/session-cap.ts'
import type { ShardGateway } from './acceptor/shards/shard-gateway.ts'
import { AggregatorHandle } from './aggregator/main/aggregator-handle.ts'
import { aggregatorOptions } from './aggregator/main/aggregator-options.ts'
import { changedFixedOptions } from './engine-fixed-options.ts'
import { EngineMemory } from './engine-memory.ts'
import { openShards, shardCount } from './engine-shards.ts'
import type { Engine, EngineAddresses, EngineSettings, EventListener, Log, Reloaded } from './engine-types.ts'
import { type Configuration, configurationOf } from './loader/configuration.ts'
import { loadConfiguration, loadConfigurationFile } from './loader/load-configuration.ts'
import type { ConfigurationFile } from './loader/loader-protocol.ts'
import type { EventFilter, ReloadAnswer } from './shared/aggregator-protocol.ts'
import { type HostIdentity, loadClientIdentities } from './shared/client-identity.ts'
import type { ClientOutcome } from './shared/client-outcome.ts'
import { asUserError, messageOf, UserError } from './shared/errors.ts'
import type { EventName } from './shared/events/schema.ts'
import { allocateFaultCounters } from './shared/faults/fault-counters.ts'
import { ProxyAuthentication } from './shared/http/proxy-authentication.ts'
import { formatListenAddress, type ListenAddress, parseListenAddress } from './shared/options/listen-address.ts'
import { parseOptions } from './shared/options/parse-options.ts'
import type { EngineOptions, EngineOptionsInput } from './shared/options/schema.ts'
import type { Questions } from './shared/policy/conditions/rule-conditions.ts'
import { Policy } from './shared/policy/policy.ts'
import { ProxyPage } from './shared/proxy-page/proxy-page.ts'
import { REFUSAL_CODES } from './shared/refusals/refusal-slots.ts'
import type { ShardReload } from './shared/shard-start.ts'
import { SelfTargetGuard } from './shared/targets/self-target-guard.ts'
import { VERSION } from './shared/version.ts'
import { CaError } from './workers/tls/ca/ca-error.ts'
import { CaStore } from './workers/tls/ca/ca-store.ts'
import type { CertificateAuthority } from './workers/tls/ca/certificate-authority.ts'
import { createTicketSecret } from './workers/tls/leaf/ticket-keys.ts'
import { loadTrustAnchors } from './workers/tls/verification/trust-anchors.ts'

/** How often a drain looks whether all sessions have ended. */
const DRAIN_POLL_MS = 50
/** Timers count in 31 bits; a longer one ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
const INSTANCE_ID_BYTES = 6
/** How late at most the end of a bypass that nobody asks for is told. */
const BYPASS_SWEEP_MS = 60_000

/** Makes an engine; nothing runs before `start`. Throws a `ConfigError` where the options are not valid. */
export function createEngine(options: EngineOptionsInput = {}, settings: EngineSettings = {}): Engine {
  return new SothEngine(parseOptions(options), settings)
}

class SothEngine implements Engine {
  #configuration: Configuration
  #faults: SharedArrayBuffer
  #identities: readonly HostIdentity[] = []
  readonly #log: Log
  readonly #memory: EngineMemory
  readonly #aggregator: AggregatorHandle
  readonly #workers: number
  #acceptor: Acceptor | undefined = undefined
  #gateway: ShardGateway | undefined = undefined
  #guard = new SelfTargetGuard([], [])
  #ca: CertificateAuthority | undefined = undefined
  #trustAnchorsPem = ''
  #proxyAddress = ''
  #flows = 0
  readonly #bypasses: BypassKeeper
  #sweeper: NodeJS.Timeout | undefined = undefined
  #providers: ProviderDoor | undefined = undefined
  #started: Promise<EngineAddresses> | undefined = undefined
  /** What `#started` waits for first, and `close` too. */
  #starting: Promise<EngineAddresses> | undefined = undefined
  #closed: Promise<void> | undefined = undefined
  #reloading: Promise<void> = Promise.resolve()

  constructor(options: EngineOptions, settings: EngineSettings) {
    const log = settings.log ?? ignore
    this.#configuration = configurationOf(options)
    this.#faults = faultCountersFor(this.#configuration)
    this.#log = log
    this.#workers = options.workers === 'auto' ? availableParallelism() : options.workers
    this.#memory = new EngineMemory(shardCount(this.#workers))
    const instanceId = randomBytes(INSTANCE_ID_BYTES).toString('hex')
    this.#bypasses = new BypassKeeper({ options, events: this.#memory.events, instanceId, now: Date.now })
    this.#aggregator = new AggregatorHandle(
      {
        instanceId,
        version: VERSION,
        rings: this.#memory.rings,
        doorbell: this.#memory.doorbell.memory,
        counters: this.#memory.counterMemory,
        options: aggregatorOptions(options, REFUSAL_CODES),
      },
      {
        log,
        onLost: (error) => log('error', `the aggregator is lost, nothing is observed any more: ${error.message}`),
        onAsk: (question) => this.#bypasses.answer(question),
        onOutputGone: settings.onOutputGone ?? ignore,
        onReload: () => reloadAnswer(settings.reload),
      },
    )
  }

  start(): Promise<EngineAddresses> {
    if (this.#closed !== undefined) return Promise.reject(closedError())
    this.#started ??= this.#startOnce()
    return this.#started
  }

  async #startOnce(): Promise<EngineAddresses> {
    try {
      this.#starting = this.#start()
      const addresses = await this.#starting
      if (this.#closed !== undefined) throw new UserError('the engine was closed while it started', '', 'make another to start again')
      return addresses
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async #start(): Promise<EngineAddresses> {
    const options = this.#options
    const ca = new CaStore(options.ca_dir, Date.now).open()
    for (const warning of ca.warnings) this.#log('warn', warning)
    this.#ca = ca.authority
    this.#identities = loadClientIdentities(options, Date.now())
    this.#trustAnchorsPem = loadTrustAnchors({ extraFile: options.upstream.extra_ca_file }).pem
    const { adminAddress, sidecarAddress } = await this.#aggregator.start()
    const acceptor = this.#makeAcceptor()
    this.#acceptor = acceptor
    const bound = await this.#listen(acceptor)
    const sidecar = sidecarAddress === undefined ? [] : [parseListenAddress(sidecarAddress)]
    const self = ownEndpoints([...tcpPorts([...bound, ...sidecar]), ...(adminAddress === undefined ? [] : [adminAddress.port])])
    this.#guard = new SelfTargetGuard(self.ports, self.addresses, self.names)
    const listen = bound.map(formatListenAddress)
    this.#proxyAddress = listen[0] ?? ''
    const ticketSecret = createTicketSecret()
    this.#gateway = await openShards({
      workers: this.#workers,
      memory: this.#memory,
      aggregator: this.#aggregator,
      start: () => ({
        ...this.#shardReload(),
        ticketSecret,
        self,
      }),
      log: this.#log,
      onReport: ({ outcome, flow }) => this.#bypasses.record(outcome, flow),
    })
    await this.#openProviders()
    this.#sweeper = setInterval(() => this.#bypasses.sweep(), BYPASS_SWEEP_MS)
    this.#sweeper.unref()
    acceptor.serve(this.#intakeContext(this.#gateway))
    this.#memory.counters.setState('ready')
    const admin = adminAddress === undefined ? undefined : formatListenAddress({ kind: 'tcp', ...adminAddress })
    return {
      listen,
      admin,
      sidecar: sidecarAddress,
      ca: { certPath: ca.certificateFile, fingerprint: ca.authority.certificate.fingerprint256 },
    }
  }

  subscribe<Name extends EventName = EventName>(
    filter: EventFilter<Name>,
    listener: EventListener<NoInfer<Name>>,
    settings?: { readonly queue?: number },
  ): () => void {
    if (this.#closed !== undefined) throw closedError()
    // The filter lets no other event through.
    return this.#aggregator.subscribe(filter, listener as EventListener, settings)
  }

  flush(): Promise<void> {
    return this.#aggregator.flush()
  }

  reopenEvents(): void {
    this.#aggregator.reopen()
  }

  reload(input: EngineOptionsInput): Promise<Reloaded> {
    return this.#reload(() => loadConfiguration(input))
  }

  reloadFile(source: ConfigurationFile): Promise<Reloaded> {
    return this.#reload(() => loadConfigurationFile(source))
  }

  /** One after another, in the order of the calls: what was asked for last is what stays. */
  #reload(load: () => Promise<Configuration>): Promise<Reloaded> {
    if (this.#closed !== undefined) return Promise.reject(closedError())
    const reloaded = this.#reloading.then(load).then((configuration) => this.#adoptOnceStarted(configuration))
    this.#reloading = reloaded.then(ignore, ignore)
    return reloaded
  }

  /** Shards that are being started have the options of before, and are not there yet to be told of others. */
  async #adoptOnceStarted(next: Configuration): Promise<Reloaded> {
    await this.#starting?.catch(ignore)
    if (this.#closed !== undefined) throw closedError()
    return this.#adopt(next)
  }

  #adopt(next: Configuration): Reloaded {
    const { options } = next
    const fixed = changedFixedOptions(this.#options, options)
    if (fixed.length > 0) throw new UserError(`${fixed.join(', ')} cannot change while the engine runs`, 'reload', 'restart to change them')
    const trust = loadTrustAnchors({ extraFile: options.upstream.extra_ca_file })
    this.#identities = loadClientIdentities(options, Date.now())
    this.#trustAnchorsPem = trust.pem
    this.#configuration = next
    this.#faults = faultCountersFor(next)
    this.#bypasses.reconfigure(options)
    if (this.#gateway !== undefined) {
      this.#reopenCa()
      this.#gateway.broadcast({ kind: 'reload', ...this.#shardReload() })
      this.#acceptor?.serve(this.#intakeContext(this.#gateway))
    }
    return { rules: next.rules, logLevel: options.log_level }
  }

  /** A CA that was rotated or replaced meanwhile signs from now on; one that cannot be used stays out, and the log says why. */
  #reopenCa(): void {
    try {
      this.#ca = new CaStore(this.#options.ca_dir, Date.now).load().authority
    } catch (error) {
      if (!(error instanceof CaError)) throw error
      this.#log('warn', `the CA stays as it was: ${error.message}`)
    }
  }

  #shardReload(): ShardReload {
    const { options, policy } = this.#configuration
    return {
      options,
      policy,
      faults: this.#faults,
      ca: this.#authority.material,
      trustAnchorsPem: this.#trustAnchorsPem,
      clientIdentities: this.#identities,
      proxyAddress: this.#proxyAddress,
    }
  }

  get #authority(): CertificateAuthority {
    if (this.#ca === undefined) throw new Error('the CA is opened before anything is served')
    return this.#ca
  }

  get #options(): EngineOptions {
    return this.#configuration.options
  }

  async drain(deadlineMs = this.#options.limits.drain_timeout_ms): Promise<void> {
    this.#memory.counters.setState('draining')
    this.#acceptor?.drain()
    this.#gateway?.broadcast({ kind: 'drain', deadlineMs: Math.min(deadlineMs, LONGEST_TIMER_MS) })
    const deadline = performance.now() + deadlineMs + DRAIN_POLL_MS
    while ((this.#gateway?.sessions ?? 0) > 0 && performance.now() < deadline) {
      await delay(DRAIN_POLL_MS)
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    // Closed from outside while threads and listeners are being opened: what is not there yet could not be closed.
    await this.#starting?.catch(() => undefined)
    this.#memory.counters.setState('closed')
    this.#acceptor?.close()
    clearInterval(this.#sweeper)
    await this.#providers?.close()
    await this.#gateway?.close()
    await this.#aggregator.close()
  }

  async #openProviders(): Promise<void> {
    const { socket } = this.#options.providers
    if (socket === undefined) return
    const record = (outcome: ClientOutcome, flow: number) => this.#bypasses.record(outcome, flow)
    const door = new ProviderDoor({ path: socket, events: this.#memory.events, nextFlow: () => ++this.#flows, record, log: this.#log })
    try {
      await door.open()
    } catch (error) {
      throw asUserError(error, socket)
    }
    this.#providers = door
  }

  async #listen(acceptor: Acceptor): Promise<ListenAddress[]> {
    const { listen } = this.#options
    const bound: ListenAddress[] = []
    for (const text of typeof listen === 'string' ? [listen] : listen) {
      try {
        bound.push(await acceptor.listen(parseListenAddress(text)))
      } catch (error) {
        throw asUserError(error, text)
      }
    }
    return bound
  }

  #makeAcceptor(): Acceptor {
    const descriptors = descriptorLimit()
    const { sessions } = this.#options.limits
    const cap = sessions === 'auto' ? sessionCap(descriptors, this.#workers) : sessions
    return new Acceptor({ cap, sessions: () => this.#gateway?.sessions ?? 0, descriptors })
  }

  #intakeContext(gateway: ShardGateway): IntakeContext {
    const options = this.#options
    const authentication = options.proxy_auth === undefined ? undefined : new ProxyAuthentication(options.proxy_auth)
    const policy = new Policy(this.#configuration.policy)
    const isBypassed = (client: string, host: string) => this.#bypasses.isBypassed(client, host)
    const { material, certificate } = this.#authority
    const page = new ProxyPage({ pem: material.certificatePem, der: certificate.raw }, this.#proxyAddress)
    return {
      options,
      events: this.#memory.events,
      counters: this.#memory.counters,
      owners: ownersFor(policy.asks),
      admitter: new Admitter({ policy, authentication, page, guard: this.#guard, isBypassed }),
      closer: new GentleCloser(),
      nextFlow: () => ++this.#flows,
      gateway,
    }
  }
}

/** Who local clients are, where a rule asks. */
function ownersFor(asks: Questions): ClientOwners | undefined {
  return asks.owner ? new ClientOwners({ programs: asks.process, credentials: loadPeerCredentials() }) : undefined
}

function faultCountersFor({ faultSlots }: Configuration): SharedArrayBuffer {
  return allocateFaultCounters(faultSlots, performance.timeOrigin + performance.now())
}

function tcpPorts(addresses: readonly ListenAddress[]): number[] {
  return addresses.flatMap((address) => (address.kind === 'tcp' ? [address.port] : []))
}

function ownEndpoints(ports: readonly number[]): { ports: readonly number[]; addresses: readonly string[]; names: readonly string[] } {
  const interfaces = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  return { ports, addresses: interfaces.map((entry) => entry.address), names: [hostname()] }
}

async function reloadAnswer(reload: EngineSettings['reload']): Promise<ReloadAnswer> {
  if (reload === undefined) return { problem: 'there is no configuration file to reload' }
  try {
    return { rules: (await reload()).rules }
  } catch (error) {
    const worded = asUserError(error)
    return { problem: messageOf(worded) }
  }
}

function closedError(): UserError {
  return new UserError('the engine is closed', '', 'make another')
}

function ignore(): void {}
