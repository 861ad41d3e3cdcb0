/**
 * The clients that `doctor` tries, each with a command that makes one HTTPS request through a proxy, with the trust it has by itself:
 * no probe names a CA or switches verification off. What a probe prints does not matter; the engine sees what it did. Data.
 */

import { GO_PROBE, JAVA_PROBE, NODE_PROBE, PYTHON_REQUESTS_PROBE, PYTHON_SSL_PROBE } from './probe-sources.ts'

export interface ProbePlace {
  readonly proxyHost: string
  readonly proxyPort: number
  readonly originHost: string
  readonly originPort: number
}

export interface ProbeRun {
  readonly args: readonly string[]
  readonly input?: string
  /** Over the environment with proxy variables. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ClientProbe {
  readonly name: string
  /** Its entry in the trust table: where the remedy comes from. */
  readonly target: string
  /** All must be on PATH; the first is run. */
  readonly programs: readonly string[]
  readonly deadlineMs: number
  /** A file that the command names by its path. */
  readonly source?: { readonly name: string; readonly text: string }
  /** What it says where it cannot be tried at all. */
  readonly unavailable?: RegExp
  /** `source`: the path of the file; `scratch`: an empty directory. */
  readonly run: (place: ProbePlace, paths: { readonly source: string; readonly scratch: string }) => ProbeRun
}

const QUICK_MS = 15_000
/** Interpreters with a start-up of seconds on a small machine. */
const SLOW_MS = 30_000
/** `go run` compiles first; a cold cache takes the standard library's share of a minute. */
const COMPILED_MS = 90_000

export const CLIENT_PROBES: readonly ClientProbe[] = [
  {
    name: 'curl',
    target: 'curl',
    programs: ['curl'],
    deadlineMs: QUICK_MS,
    run: (place) => ({ args: ['-sS', '-o', process.platform === 'win32' ? 'NUL' : '/dev/null', '--max-time', '10', urlOf(place)] }),
  },
  {
    name: 'openssl',
    target: 'openssl',
    programs: ['openssl'],
    deadlineMs: QUICK_MS,
    run: ({ proxyHost, proxyPort, originHost, originPort }) => ({
      args: [
        's_client',
        '-quiet',
        '-verify_return_error',
        '-proxy',
        `${proxyHost}:${proxyPort}`,
        '-connect',
        `${originHost}:${originPort}`,
        '-servername',
        originHost,
      ],
      input: `GET / HTTP/1.1\r\nHost: ${originHost}:${originPort}\r\nConnection: close\r\n\r\n`,
    }),
  },
  {
    name: 'python-ssl',
    target: 'python',
    programs: ['python3'],
    deadlineMs: QUICK_MS,
    run: (place) => ({ args: ['-c', PYTHON_SSL_PROBE, urlOf(place)] }),
  },
  {
    name: 'python-requests',
    target: 'python',
    programs: ['python3'],
    deadlineMs: QUICK_MS,
    unavailable: /No module named '?requests/,
    run: (place) => ({ args: ['-c', PYTHON_REQUESTS_PROBE, urlOf(place)] }),
  },
  {
    name: 'node',
    target: 'node',
    programs: ['node'],
    deadlineMs: QUICK_MS,
    run: (place) => ({ args: ['-e', NODE_PROBE, ...words(place)] }),
  },
  {
    name: 'java',
    target: 'java',
    programs: ['java', 'javac'],
    deadlineMs: SLOW_MS,
    source: { name: 'Probe.java', text: JAVA_PROBE },
    run: (place, { source }) => ({ args: [source, ...words(place)] }),
  },
  {
    name: 'go',
    target: 'go',
    programs: ['go'],
    deadlineMs: COMPILED_MS,
    source: { name: 'probe.go', text: GO_PROBE },
    run: (place, { source }) => ({ args: ['run', source, ...words(place)], env: { GOFLAGS: '', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' } }),
  },
  {
    name: 'git',
    target: 'git',
    programs: ['git'],
    deadlineMs: QUICK_MS,
    run: (place) => ({ args: ['ls-remote', `${urlOf(place)}probe.git`], env: { GIT_TERMINAL_PROMPT: '0' } }),
  },
  {
    name: 'wget',
    target: 'wget',
    programs: ['wget'],
    deadlineMs: QUICK_MS,
    run: (place) => ({ args: ['-nv', '-O', '/dev/null', '--tries=1', '--timeout=10', urlOf(place)] }),
  },
  {
    name: 'pip',
    target: 'pip',
    programs: ['pip'],
    deadlineMs: SLOW_MS,
    run: (place, { scratch }) => ({
      args: ['download', '--no-input', '--no-deps', '--no-cache-dir', '--retries=0', `--dest=${scratch}`, 'soth-mitm-probe'],
      env: { PIP_INDEX_URL: `${urlOf(place)}simple/`, PIP_EXTRA_INDEX_URL: '', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    }),
  },
  {
    name: 'npm',
    target: 'npm',
    programs: ['npm'],
    deadlineMs: SLOW_MS,
    run: (place, { scratch }) => ({
      args: ['ping', `--registry=${urlOf(place)}`, '--fetch-retries=0', `--cache=${scratch}`, '--no-update-notifier'],
      env: { npm_config_noproxy: '' },
    }),
  },
]

function urlOf({ originHost, originPort }: ProbePlace): string {
  return `https://${originHost}:${originPort}/`
}

/** Arguments of our own probe programs. */
function words({ proxyHost, proxyPort, originHost, originPort }: ProbePlace): string[] {
  return [proxyHost, String(proxyPort), originHost, String(originPort)]
}
