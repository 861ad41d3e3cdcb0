/**
 * Trust targets: browsers on NSS databases. Firefox keeps one per profile on every platform; Chromium on Linux reads one per user.
 */

import { join } from 'node:path'
import type { Machine } from '../machine.ts'
import { everyName, type TrustFiles } from '../trust-files.ts'
import type { TrustStep, TrustTarget } from '../trust-target.ts'

/** NSS's certutil, not the one of Windows. */
const CERTUTIL = {
  program: 'certutil',
  remedy: 'apt-get install libnss3-tools, dnf install nss-tools, pacman -S nss, apk add nss-tools or brew install nss',
} as const
const DATABASE = 'cert9.db'
const CHROMIUMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge', 'brave-browser']

export const NSS_BROWSERS: readonly TrustTarget[] = [
  {
    id: 'firefox',
    title: 'Firefox, Thunderbird',
    family: 'browser',
    detect: (machine) => firefoxProfiles(machine).length > 0,
    words:
      'Each profile has its own store; close Firefox first. By hand: Settings › Privacy & Security › View Certificates › Authorities › Import. Under a policy (`policies.json`), `Certificates.ImportEnterpriseRoots` makes it read the store of Windows or macOS.',
    needs: CERTUTIL,
    install: (files, machine) => firefoxProfiles(machine).map((directory) => add(directory, files)),
    uninstall: (files, machine) => firefoxProfiles(machine).flatMap((directory) => remove(directory, files)),
  },
  {
    id: 'chromium',
    title: 'Chromium, Chrome, Edge, Brave on Linux',
    family: 'browser',
    detect: (machine) => machine.platform === 'linux' && (hasChromium(machine) || machine.exists(userDatabase(machine))),
    words:
      "They read the user's NSS database, `~/.pki/nssdb`, beside their own roots; a running browser must be restarted. On macOS and Windows they use the system's store.",
    needs: CERTUTIL,
    install: (files, machine) => {
      const directory = userDatabase(machine)
      const made: TrustStep[] = machine.exists(join(directory, DATABASE))
        ? []
        : [
            { kind: 'run', command: ['mkdir', '-p', directory] },
            { kind: 'run', command: ['certutil', '-N', '-d', `sql:${directory}`, '--empty-password'] },
          ]
      return [...made, add(directory, files)]
    },
    uninstall: (files, machine) => (machine.exists(join(userDatabase(machine), DATABASE)) ? remove(userDatabase(machine), files) : []),
  },
]

/** `C,,`: trusted to issue certificates of TLS servers, and for nothing else. */
function add(directory: string, { ca, nickname }: TrustFiles): TrustStep {
  return { kind: 'run', command: ['certutil', '-A', '-d', `sql:${directory}`, '-t', 'C,,', '-n', nickname, '-i', ca] }
}

function remove(directory: string, files: TrustFiles): TrustStep[] {
  return everyName(files).map(({ nickname }) => ({
    kind: 'run',
    command: ['certutil', '-D', '-d', `sql:${directory}`, '-n', nickname],
    nothingToDo: 'could not find',
  }))
}

function userDatabase(machine: Machine): string {
  return join(machine.home, '.pki', 'nssdb')
}

function hasChromium(machine: Machine): boolean {
  return CHROMIUMS.some((program) => machine.find(program) !== undefined)
}

function firefoxProfiles(machine: Machine): string[] {
  return firefoxRoots(machine).flatMap((root) =>
    machine
      .list(root)
      .map((profile) => join(root, profile))
      .filter((profile) => machine.exists(join(profile, DATABASE))),
  )
}

function firefoxRoots({ platform, home, env }: Machine): string[] {
  if (platform === 'darwin') {
    return ['Firefox/Profiles', 'Thunderbird/Profiles'].map((name) => join(home, 'Library/Application Support', name))
  }
  if (platform === 'win32') return ['Mozilla/Firefox/Profiles', 'Thunderbird/Profiles'].map((name) => join(env['APPDATA'] ?? home, name))
  return [
    '.mozilla/firefox',
    '.config/mozilla/firefox',
    'snap/firefox/common/.mozilla/firefox',
    '.var/app/org.mozilla.firefox/.mozilla/firefox',
    '.thunderbird',
  ].map((name) => join(home, name))
}
