/**
 * `soth-mitm doctor`: is this machine fit for the engine, and which of its programs trust the CA? Proven by a real handshake of each
 * through an engine of its own; nothing leaves the machine. Main thread.
 */

import { descriptorLimit } from '../../acceptor/session-cap.ts'
import { expandHome } from '../../shared/options/expand-home.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import { CaError } from '../../workers/tls/ca/ca-error.ts'
import { CaStore, type OpenedCa } from '../../workers/tls/ca/ca-store.ts'
import type { Command, CommandContext } from '../arguments/command.ts'
import { type Arguments, type FlagSpecs, parseArguments } from '../arguments/parse-arguments.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { PROXY_VARIABLES, proxyUrl, proxyVariables } from '../exec/proxy-variables.ts'
import { EXIT_FAILED, EXIT_OK } from '../exit-codes.ts'
import { START_FLAGS, startOptions } from '../start/start-options.ts'
import { type Environment, type Machine, thisMachine } from '../trust/machine.ts'
import { stepLine } from '../trust/perform-step.ts'
import { type TrustFiles, writeTrustFiles } from '../trust/trust-files.ts'
import { TRUST_TARGETS } from '../trust/trust-table.ts'
import { CLIENT_PROBES, type ClientProbe } from './client-probes.ts'
import { type Check, type ClientFinding, checkLines, clientLines, findingsOf } from './findings.ts'
import { judgeClient } from './judge-client.ts'
import { checkCaExpiry, checkCaPermissions, checkClock, checkDescriptors, checkHandOff, checkNode, checkPort } from './machine-checks.ts'
import { ProbeRig } from './probe-rig.ts'

const DOCTOR_FLAGS = {
  client: { value: 'NAME', doc: 'try only this client; may be repeated' },
  exec: { doc: 'try clients with the variables that soth-mitm exec sets' },
  json: { doc: 'print the findings as one JSON object' },
  config: START_FLAGS.config,
  'ca-dir': START_FLAGS['ca-dir'],
  help: START_FLAGS.help,
} as const satisfies FlagSpecs

export const doctorCommand: Command = {
  summary: 'check this machine, and try which of its programs trust the CA',
  operands: [],
  flags: DOCTOR_FLAGS,
  run: doctor,
}

async function doctor(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseArguments(args, DOCTOR_FLAGS, [])
  const probes = chosenProbes(parsed)
  const options = startOptions({ flags: new Map([...parsed.flags].filter(([name]) => name in START_FLAGS)), operands: [] })
  const json = parsed.flags.has('json')
  // A probe may take a minute: each finding is told when it is made.
  const tell = (text: string): void => void (json || process.stdout.write(text))
  const opened = openCa(options)
  tell('Machine\n')
  const checks = await machineChecks(options, opened)
  for (const check of checks) tell(checkLines(check))
  tell('\nClients\n')
  const clients: ClientFinding[] = []
  const add = (finding: ClientFinding): void => {
    clients.push(finding)
    tell(clientLines(finding))
  }
  if (opened instanceof CaError) for (const { name } of probes) add({ name, status: 'skipped', detail: 'there is no usable CA' })
  else await tryClients(probes, { options, opened, context, withExec: parsed.flags.has('exec') }, add)
  const findings = findingsOf(checks, clients)
  process.stdout.write(json ? `${JSON.stringify(findings)}\n` : findings.ok ? '\nAll is well.\n' : '\nSomething failed: see above.\n')
  return findings.ok ? EXIT_OK : EXIT_FAILED
}

function chosenProbes(parsed: Arguments): readonly ClientProbe[] {
  const names = parsed.flags.get('client')
  const unknown = names?.find((name) => !CLIENT_PROBES.some((probe) => probe.name === name))
  if (unknown !== undefined) {
    throw new UsageError('no such client', unknown, `choose of ${CLIENT_PROBES.map(({ name }) => name).join(', ')}`)
  }
  return names === undefined ? CLIENT_PROBES : CLIENT_PROBES.filter(({ name }) => names.includes(name))
}

/** Makes none: to look must not change what is looked at. */
function openCa(options: EngineOptions): OpenedCa | CaError {
  try {
    return new CaStore(expandHome(options.ca_dir), Date.now).load()
  } catch (error) {
    if (error instanceof CaError) return error
    throw error
  }
}

async function machineChecks(options: EngineOptions, opened: OpenedCa | CaError): Promise<Check[]> {
  const nowMs = Date.now()
  const checks = [checkNode(), checkDescriptors(options.workers, descriptorLimit()), checkHandOff()]
  if (opened instanceof CaError) {
    checks.push(checkClock(undefined, nowMs), {
      name: 'CA',
      status: 'failed',
      detail: `${opened.where === '' ? '' : `${opened.where}: `}${opened.what}`,
      remedy: opened.remedy,
    })
  } else {
    checks.push(checkClock(opened, nowMs), checkCaExpiry(opened, nowMs), checkCaPermissions(opened))
  }
  const fingerprint = opened instanceof CaError ? undefined : opened.authority.certificate.fingerprint256
  for (const text of [options.listen].flat()) checks.push(await checkPort('listen', text, fingerprint))
  if (options.admin !== false) checks.push(await checkPort('admin', options.admin))
  return checks
}

interface Trial {
  readonly options: EngineOptions
  readonly opened: OpenedCa
  readonly context: CommandContext
  readonly withExec: boolean
}

interface Patient {
  readonly machine: Machine
  readonly files: TrustFiles
  readonly env: NodeJS.ProcessEnv
}

/** One after another: each is judged by the flows that it alone has made. */
async function tryClients(probes: readonly ClientProbe[], trial: Trial, add: (finding: ClientFinding) => void): Promise<void> {
  const machine = thisMachine()
  const rig = await ProbeRig.open(await trial.context.loadEngine(), trial.options.ca_dir)
  try {
    const files = writeTrustFiles(trial.opened, process.env, Date.now())
    const env = probeEnvironment(rig, trial, files)
    for (const probe of probes) add(await tryClient(probe, rig, { machine, files, env }))
  } finally {
    await rig.close()
  }
}

async function tryClient(probe: ClientProbe, rig: ProbeRig, { machine, files, env }: Patient): Promise<ClientFinding> {
  const missing = probe.programs.find((program) => machine.find(program) === undefined)
  const program = machine.find(probe.programs[0] ?? '')
  if (missing !== undefined || program === undefined) {
    return { name: probe.name, status: 'skipped', detail: `${missing ?? probe.name} is not on this machine` }
  }
  return judgeClient(probe, program, await rig.run(probe, program, env), shortestRemedy(probe.target, files, machine))
}

/** The shortest remedy of the trust table: the target's variables where it begins with them, else its first step. */
function shortestRemedy(id: string, files: TrustFiles, machine: Machine): string {
  const steps = TRUST_TARGETS.find((target) => target.id === id)?.install(files, machine) ?? []
  const lines = steps.map((step) => stepLine(step, 'install', machine))
  const [first = ''] = lines
  return first.startsWith('export ') ? lines.join('; ') : first
}

/** The operator's own environment, with this proxy and no exceptions: the origin is on localhost. */
function probeEnvironment({ place }: ProbeRig, { withExec }: Trial, files: TrustFiles): NodeJS.ProcessEnv {
  const proxy = { host: place.proxyHost, port: place.proxyPort }
  const env: Environment = { ...process.env, NO_PROXY: '', no_proxy: '' }
  if (withExec) return { ...env, ...proxyVariables(proxy, files, env) }
  return { ...env, ...Object.fromEntries(PROXY_VARIABLES.map((name) => [name, proxyUrl(proxy)])) }
}
