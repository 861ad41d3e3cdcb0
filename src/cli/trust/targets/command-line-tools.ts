/**
 * Trust targets: tools with a variable or a setting of their own. The settings replace the roots, so they get the bundle, and are
 * only touched where `--target` names the tool. Data.
 */

import { exportLine, type TrustStep, type TrustTarget, unsetLine } from '../trust-target.ts'

export const COMMAND_LINE_TOOLS: readonly TrustTarget[] = [
  {
    id: 'curl',
    title: 'curl',
    family: 'tool',
    detect: (machine) => machine.find('curl') !== undefined,
    words:
      'Of a Linux distribution: the system’s store. `CURL_CA_BUNDLE` replaces it; for one call, `--cacert FILE`. Builds on Schannel (Windows) follow the system’s store and not the variable. libcurl in programs follows neither variable.',
    install: (files) => [exportLine('CURL_CA_BUNDLE', files.bundle)],
    uninstall: () => [unsetLine('CURL_CA_BUNDLE')],
  },
  {
    id: 'openssl',
    title: 'OpenSSL',
    family: 'tool',
    detect: (machine) => machine.find('openssl') !== undefined,
    words: 'Whatever uses its default paths follows `SSL_CERT_FILE` and `SSL_CERT_DIR`, which replace the roots; else the system’s store.',
    install: (files) => [exportLine('SSL_CERT_FILE', files.bundle)],
    uninstall: () => [unsetLine('SSL_CERT_FILE')],
  },
  {
    id: 'wget',
    title: 'wget',
    family: 'tool',
    detect: (machine) => machine.find('wget') !== undefined,
    words:
      'The system’s store. Debian’s is built on GnuTLS and takes a certificate from no variable: put the line into `~/.wgetrc`, or call it with `--ca-certificate=FILE`. `exec` names a settings file that has it by `WGETRC`, which stands for `~/.wgetrc` and holds what that holds.',
    install: (files) => [{ kind: 'show', text: `ca_certificate = ${files.bundle}` }],
    uninstall: () => [{ kind: 'show', text: 'remove the line ca_certificate from ~/.wgetrc' }],
  },
  {
    id: 'git',
    title: 'git',
    family: 'tool',
    detect: (machine) => machine.find('git') !== undefined,
    words: 'The system’s store, by libcurl. `GIT_SSL_CAINFO` or the setting `http.sslCAInfo` replace it.',
    onlyWhenNamed: true,
    install: (files) => gitSteps(files.bundle),
    uninstall: (files) => gitSteps(files.bundle),
  },
  {
    id: 'npm',
    title: 'npm, pnpm, Yarn',
    family: 'tool',
    detect: (machine) => machine.find('npm') !== undefined,
    words:
      'Run on Node and follow `NODE_EXTRA_CA_CERTS`, unless `cafile` is set, which replaces the roots. Yarn 2 and later: `yarn config set httpsCaFilePath FILE`.',
    onlyWhenNamed: true,
    install: (files) => npmSteps(files.bundle),
    uninstall: (files) => npmSteps(files.bundle),
  },
  {
    id: 'pip',
    title: 'pip, uv',
    family: 'tool',
    detect: (machine) => machine.find('pip') !== undefined || machine.find('pip3') !== undefined,
    words:
      'pip 24.2 and later on Python 3.10 and later use the system’s store, older ones carry certifi’s bundle. `PIP_CERT` or the setting `global.cert` replace both. uv follows `SSL_CERT_FILE`.',
    onlyWhenNamed: true,
    install: (files) => pipSteps(files.bundle),
    uninstall: (files) => pipSteps(files.bundle),
  },
  {
    id: 'aws',
    title: 'AWS CLI, boto3',
    family: 'tool',
    detect: (machine) => machine.find('aws') !== undefined,
    words: 'Carry botocore’s bundle; `AWS_CA_BUNDLE` replaces it.',
    install: (files) => [exportLine('AWS_CA_BUNDLE', files.bundle)],
    uninstall: () => [unsetLine('AWS_CA_BUNDLE')],
  },
]

function gitSteps(value: string): TrustStep[] {
  const setting = ['git', 'config', '--global']
  return [
    {
      kind: 'setting',
      read: [...setting, '--get', 'http.sslCAInfo'],
      write: [...setting, 'http.sslCAInfo', value],
      unset: [...setting, '--unset', 'http.sslCAInfo'],
      value,
    },
  ]
}

function npmSteps(value: string): TrustStep[] {
  const scope = '--location=user'
  return [
    {
      kind: 'setting',
      read: ['npm', 'config', 'get', 'cafile', scope],
      write: ['npm', 'config', 'set', 'cafile', value, scope],
      unset: ['npm', 'config', 'delete', 'cafile', scope],
      value,
    },
  ]
}

function pipSteps(value: string): TrustStep[] {
  const setting = ['pip', 'config', '--user']
  return [
    {
      kind: 'setting',
      read: [...setting, 'get', 'global.cert'],
      write: [...setting, 'set', 'global.cert', value],
      unset: [...setting, 'unset', 'global.cert'],
      value,
    },
  ]
}
