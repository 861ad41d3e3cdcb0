/**
 * Trust target: Java's `cacerts`, one per runtime; the one of `JAVA_HOME`, else the one that `keytool -cacerts` finds.
 */

import { join } from 'node:path'
import type { Machine } from '../machine.ts'
import { everyName, TRUST_STORE_PASSWORD } from '../trust-files.ts'
import type { TrustStep, TrustTarget } from '../trust-target.ts'

export const JAVA_RUNTIME: TrustTarget = {
  id: 'java',
  title: 'Java',
  family: 'runtime',
  detect: (machine) => machine.find('keytool') !== undefined,
  words:
    'Every runtime has its own `cacerts`; it is read when a program starts. Without touching it: a trust store for one program by `JAVA_TOOL_OPTIONS`. A trust store replaces the roots, so `ca-truststore.p12` holds the system’s as well. Programs with their own trust manager (and JVMs in IDEs and build daemons, which keep running) do not follow.',
  needs: { program: 'keytool', remedy: 'it comes with a JDK or JRE' },
  install: (files, machine) => [
    keytool(machine, 'already exists', '-importcert', '-noprompt', '-alias', files.nickname, '-file', files.ca),
    {
      kind: 'show',
      text: `export JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore=${files.trustStore} -Djavax.net.ssl.trustStorePassword=${TRUST_STORE_PASSWORD}"`,
    },
  ],
  uninstall: (files, machine) => [
    ...everyName(files).map(({ nickname }) => keytool(machine, 'does not exist', '-delete', '-alias', nickname)),
    { kind: 'show', text: 'unset JAVA_TOOL_OPTIONS' },
  ],
}

function keytool(machine: Machine, nothingToDo: string, verb: string, ...rest: readonly string[]): TrustStep {
  const home = machine.env['JAVA_HOME']
  const store = home === undefined || home === '' ? undefined : join(home, 'lib', 'security', 'cacerts')
  const named = store !== undefined && machine.exists(store)
  const where = named ? ['-keystore', store] : ['-cacerts']
  return {
    kind: 'run',
    command: ['keytool', verb, ...where, '-storepass', TRUST_STORE_PASSWORD, ...rest],
    needsRoot: !(named && machine.writable(store)) && machine.platform !== 'win32',
    nothingToDo,
  }
}
