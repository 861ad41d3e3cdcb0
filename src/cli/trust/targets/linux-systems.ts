/**
 * Trust targets: the system stores of Linux distributions. Each is a directory of anchors and a command that rebuilds the bundles
 * which OpenSSL, GnuTLS, Go, curl, wget, git and Python of the distribution read. Data.
 */

import type { Machine } from '../machine.ts'
import { TRUST_STORE_PASSWORD, type TrustFiles } from '../trust-files.ts'
import type { TrustStep, TrustTarget } from '../trust-target.ts'

interface Distribution {
  readonly id: string
  readonly title: string
  /** `ID` or `ID_LIKE` of os-release. */
  readonly names: readonly string[]
  readonly anchor: string
  readonly rebuild: readonly string[]
  /** After a removal; `rebuild` where it does both. */
  readonly rebuildFresh?: readonly string[]
  /** Java's store that `rebuild` copies anchors to, and `rebuildFresh` does not take them from. */
  readonly javaCopy?: { readonly keystore: string; readonly alias: string }
  readonly words: string
  readonly remedy: string
}

const DISTRIBUTIONS: readonly Distribution[] = [
  {
    id: 'debian',
    title: 'Debian, Ubuntu',
    names: ['debian', 'ubuntu'],
    anchor: '/usr/local/share/ca-certificates/soth-mitm.crt',
    rebuild: ['update-ca-certificates'],
    rebuildFresh: ['update-ca-certificates', '--fresh'],
    javaCopy: { keystore: '/etc/ssl/certs/java/cacerts', alias: 'debian:soth-mitm.pem' },
    words: 'The file must end in `.crt`. With `ca-certificates-java` installed, the OpenJDK of the distribution follows.',
    remedy: 'apt-get install ca-certificates',
  },
  {
    id: 'fedora',
    title: 'Fedora, RHEL, CentOS, Amazon Linux',
    names: ['fedora', 'rhel', 'centos', 'amzn'],
    anchor: '/etc/pki/ca-trust/source/anchors/soth-mitm.pem',
    rebuild: ['update-ca-trust', 'extract'],
    words: "p11-kit's store: OpenSSL, GnuTLS, NSS (Firefox and Chromium of the distribution) and OpenJDK follow.",
    remedy: 'dnf install ca-certificates',
  },
  {
    id: 'arch',
    title: 'Arch Linux',
    names: ['arch'],
    anchor: '/etc/ca-certificates/trust-source/anchors/soth-mitm.crt',
    rebuild: ['update-ca-trust', 'extract'],
    words: "p11-kit's store, as on Fedora.",
    remedy: 'pacman -S ca-certificates-utils',
  },
  {
    id: 'suse',
    title: 'openSUSE, SLES',
    names: ['suse', 'opensuse'],
    anchor: '/etc/pki/trust/anchors/soth-mitm.pem',
    rebuild: ['update-ca-certificates'],
    words: "p11-kit's store, as on Fedora, under Debian's command.",
    remedy: 'zypper install ca-certificates',
  },
  {
    id: 'alpine',
    title: 'Alpine Linux',
    names: ['alpine'],
    anchor: '/usr/local/share/ca-certificates/soth-mitm.crt',
    rebuild: ['update-ca-certificates'],
    words: 'The command comes with the package `ca-certificates`; images with `ca-certificates-bundle` alone lack it.',
    remedy: 'apk add ca-certificates',
  },
]

export const LINUX_SYSTEMS: readonly TrustTarget[] = DISTRIBUTIONS.map((distribution) => {
  const { id, title, names, anchor, words, remedy } = distribution
  const [program = ''] = distribution.rebuild
  return {
    id,
    title,
    family: 'system',
    detect: (machine: Machine) => machine.platform === 'linux' && nearest(machine, names),
    words,
    needs: { program, remedy },
    install: (files: TrustFiles) => [root('cp', files.ca, anchor), root('chmod', '644', anchor), root(...distribution.rebuild)],
    uninstall: (_files: TrustFiles, machine: Machine) => [
      root('rm', '-f', anchor),
      root(...(distribution.rebuildFresh ?? distribution.rebuild)),
      ...withoutJavaCopy(distribution, machine),
    ],
  }
})

function withoutJavaCopy({ javaCopy }: Distribution, machine: Machine): TrustStep[] {
  if (javaCopy === undefined || !machine.exists(javaCopy.keystore) || machine.find('keytool') === undefined) return []
  const { keystore, alias } = javaCopy
  const command = ['keytool', '-delete', '-keystore', keystore, '-storepass', TRUST_STORE_PASSWORD, '-alias', alias]
  return [{ kind: 'run', command, needsRoot: true, nothingToDo: 'does not exist' }]
}

/** By the nearest name that any distribution here knows: Ubuntu's `ID_LIKE` names Debian, and both are one entry. */
function nearest(machine: Machine, names: readonly string[]): boolean {
  const known = machine.distributions.find((id) => DISTRIBUTIONS.some((distribution) => distribution.names.includes(id)))
  return known !== undefined && names.includes(known)
}

function root(...command: readonly string[]): TrustStep {
  return { kind: 'run', command, needsRoot: true }
}
