/**
 * Trust targets: macOS and Windows. Data.
 */

import { everyName } from '../trust-files.ts'
import type { TrustStep, TrustTarget } from '../trust-target.ts'

const SYSTEM_KEYCHAIN = '/Library/Keychains/System.keychain'

export const DESKTOP_SYSTEMS: readonly TrustTarget[] = [
  {
    id: 'macos',
    title: 'macOS',
    family: 'system',
    detect: (machine) => machine.platform === 'darwin',
    words:
      'Safari, Chrome, curl of the system, Go, and whatever uses Security.framework follow. macOS asks for an administrator, also on a terminal.',
    needs: { program: 'security', remedy: 'it is part of macOS: look at PATH' },
    install: ({ ca }) => [
      {
        kind: 'run',
        command: ['security', 'add-trusted-cert', '-d', '-r', 'trustRoot', '-k', SYSTEM_KEYCHAIN, ca],
        needsRoot: true,
      },
    ],
    uninstall: (files) => [
      { kind: 'run', command: ['security', 'remove-trusted-cert', '-d', files.ca], needsRoot: true },
      ...everyName(files).map(
        ({ sha1 }): TrustStep => ({
          kind: 'run',
          command: ['security', 'delete-certificate', '-Z', sha1, SYSTEM_KEYCHAIN],
          needsRoot: true,
          nothingToDo: 'could not be found',
        }),
      ),
    ],
  },
  {
    id: 'windows',
    title: 'Windows',
    family: 'system',
    detect: (machine) => machine.platform === 'win32',
    words:
      'The store of the current user (`-user`): Windows asks for a confirmation. In a terminal run as administrator, without `-user`, for all users. Edge, Chrome, .NET, PowerShell, Go and curl of the system follow.',
    needs: { program: 'certutil', remedy: 'it is part of Windows: look at PATH' },
    install: ({ ca }) => [{ kind: 'run', command: ['certutil', '-user', '-addstore', '-f', 'Root', ca] }],
    // By its hash: names are not unique in a store.
    uninstall: (files) =>
      everyName(files).map(({ sha1 }) => ({
        kind: 'run',
        command: ['certutil', '-user', '-delstore', 'Root', sha1],
        nothingToDo: '0x80092004',
      })),
  },
]
