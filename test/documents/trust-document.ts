/**
 * trustDocument: docs/trust.md, written from the trust table, so that page and command cannot differ.
 */

import type { Machine } from '../../src/cli/trust/machine.ts'
import { type Direction, stepLine } from '../../src/cli/trust/perform-step.ts'
import type { TrustFiles } from '../../src/cli/trust/trust-files.ts'
import { TRUST_TARGETS } from '../../src/cli/trust/trust-table.ts'
import { TRUST_FAMILIES, type TrustTarget } from '../../src/cli/trust/trust-target.ts'
import { TRUST_VARIABLES } from '../../src/cli/trust/trust-variables.ts'
import { markdownTable } from './markdown-table.ts'

/** Stands for the reader's own machine: not root, with one Firefox profile, and without Chromium's database before it is made. */
const READER: Machine = {
  platform: 'linux',
  distributions: [],
  home: '~',
  env: {},
  isRoot: false,
  find: () => undefined,
  exists: (path) => path === '~/.mozilla/firefox/PROFILE/cert9.db',
  writable: () => false,
  list: (directory) => (directory === '~/.mozilla/firefox' ? ['PROFILE'] : []),
}

const FILES: TrustFiles = {
  ca: '~/.soth-mitm/ca.pem',
  bundle: '~/.soth-mitm/ca-bundle.pem',
  trustStore: '~/.soth-mitm/ca-truststore.p12',
  wgetrc: '~/.soth-mitm/wgetrc',
  fingerprint: 'AB:CD:…',
  sha1: 'SHA1',
  hashName: 'HASH.0',
  nickname: 'soth-mitm-FINGERPRINT',
  replaced: [],
}

export function trustDocument(): string {
  const families = Object.entries(TRUST_FAMILIES) as [TrustTarget['family'], string][]
  return [INTRODUCTION, variableTable(), ...families.map(([family, title]) => familySection(family, title)), CLOSING].join('\n')
}

function variableTable(): string {
  const rows = TRUST_VARIABLES.map(({ name, effect, readers }) => [`\`${name}\``, effect, readers])
  const java = ['`JAVA_TOOL_OPTIONS`', 'replaces', "Java: `javax.net.ssl.trustStore` and the proxy's properties"]
  return `## Variables

What \`soth-mitm exec\` sets, and \`exec --print\` prints. A variable that _adds_ gets \`ca.pem\`, one that _replaces_ the roots gets \`ca-bundle.pem\`.

${markdownTable([['variable', 'effect on the roots', 'read by'], ...rows, java])}
`
}

function familySection(family: TrustTarget['family'], title: string): string {
  const targets = TRUST_TARGETS.filter((target) => target.family === family)
  return `## ${title}\n\n${targets.map(targetSection).join('\n')}`
}

function targetSection(target: TrustTarget): string {
  const needs = target.needs === undefined ? '' : `\n\nNeeds \`${target.needs.program}\`: ${target.needs.remedy}.`
  const named = target.onlyWhenNamed === true ? `\n\n\`--install\` changes it only with \`--target ${target.id}\`.` : ''
  return `### ${target.title}

\`--target ${target.id}\`. ${target.words}${needs}${named}

\`\`\`sh
${commands(target, 'install')}

# and back
${commands(target, 'uninstall')}
\`\`\`
`
}

function commands(target: TrustTarget, direction: Direction): string {
  const machine: Machine = direction === 'install' ? READER : { ...READER, exists: (path) => path.endsWith('/cert9.db') }
  // Shells expand a bare tilde only: paths here are for reading.
  return target[direction](FILES, machine)
    .map((step) => stepLine(step, direction, machine).replaceAll(/'([^']*~[^']*)'/g, '$1'))
    .join('\n')
}

const INTRODUCTION = `# Trust

<!-- Written from src/cli/trust/ by \`SOTH_WRITE_DOCS=1 npm test\`; a test keeps the two equal. -->

An intercepted client sees a certificate of the engine's own CA, and has to trust that CA. There is no one place for it: systems have
a store, browsers and runtimes have theirs, and some programs carry their roots inside.

\`\`\`sh
soth-mitm ca trust                # the exact steps for what this machine has; changes no store
soth-mitm ca trust --install      # performs them where it can; what needs root is told, never done by sudo
soth-mitm ca trust --uninstall    # undoes them
soth-mitm exec -- CMD ARGS…       # one program, nothing installed: proxy and trust variables set for it alone
soth-mitm doctor                  # tries each client of this machine by a real handshake
\`\`\`

Whoever holds \`ca-key.pem\` can read the traffic of everything that trusts the CA. Trust it as narrowly as the work allows, \`exec\`
first, and take it back when the work is done.

## Files

| file (in \`ca_dir\`, by default \`~/.soth-mitm\`) | holds                                          | for                                           |
| --------------------------------------------- | ---------------------------------------------- | --------------------------------------------- |
| \`ca.pem\`                                      | the CA, and replaced ones within their overlap | stores and variables that add to the roots    |
| \`ca-bundle.pem\`                               | the CA and the system's roots                  | variables and settings that replace the roots |
| \`ca-truststore.p12\`                           | the same, PKCS#12, password \`changeit\`         | Java                                          |
| \`wgetrc\`                                      | your \`~/.wgetrc\`, and the bundle; mode 0600    | wget, by \`WGETRC\`, in \`exec\`                  |
| \`ca-key.pem\`                                  | the key, mode 0600                             | nobody                                        |

**Replacing is the trap.** \`SSL_CERT_FILE\` and most of its kind do not add a root, they put a file in place of all of them. With the CA
alone in it, a program loses every host that is tunnelled, ignored or reached past the proxy. So such variables get the bundle. It
has the roots of \`SSL_CERT_FILE\`, else those of the system's store, and what the other variables below name already: a company's own roots
stay. \`ca trust\` and \`exec\` write it anew when the roots or the CA have changed.
`

const CLOSING = `## When a client still refuses

\`soth-mitm doctor\` says what the engine saw: an entry of the failure taxonomy ([tls-failures.md](tls-failures.md)), with the remedy of this
page. \`doctor --exec\` tries the same with the variables that \`exec\` sets. In events and metrics a refusal is \`tls_handshake_failed\`:

| seen                               | says                                                                              |
| ---------------------------------- | --------------------------------------------------------------------------------- |
| \`unknown_ca\`, alert 48             | OpenSSL and what is built on it: the CA is not in the store that the client reads |
| \`cert_validation\`, alerts 42 to 46 | Go (42), Java, browsers (46): the same, or a rule of theirs is broken             |
| \`eof\` / \`client_rejected_silently\` | Node, GnuTLS: they say nothing, so it is inferred                                 |
| \`reset\` / \`reset_after_finished\`   | the same with a reset, as wget on GnuTLS does                                     |

- The client reads **another store** than the one installed into: Node and Java do not read the system's, requests carries certifi's.
- It was **started before** the store changed: Node, JVMs, browsers and daemons read it once.
- It is **another user's** or a container's: \`~/.soth-mitm\` is readable by its owner only, and an image has a store of its own.
- It **pins**.

## Pinning

A client that pins compares the certificate, its key or its issuer with what was built into it, beside or instead of asking a store:
banking and messenger apps, updaters, some SDKs. No store and no variable changes its mind, and it is meant so. It shows as a refusal
after everything else on the machine trusts. Two ways remain: do not open its connections, or change the program (a debug build without pins).

**Do not open them.** \`ignore_hosts\` lists hosts that are always tunnelled; it wins over every rule. Their bytes pass untouched, the
client sees the origin's own certificate, and the flow is observed as far as its record headers go.

\`\`\`yaml
ignore_hosts: [.bank.example, updates.vendor.example]
\`\`\`

A rule does the same for less than a whole host:

\`\`\`yaml
rules:
  - match: { host: .vendor.example, port: 8443 }
    action: tunnel
\`\`\`

Programs that must not reach the proxy at all belong into \`NO_PROXY\`; \`exec\` leaves it as it finds it. An empty one sends \`localhost\`
through the proxy too, save from clients that never do (Go).

## Taking it back

\`soth-mitm ca trust --uninstall\` removes what \`--install\` has put in; settings that hold another value than ours are left alone in both
directions. A CA that \`ca rotate\` or \`ca import --replace\` has replaced has another name in the stores, and is removed as well while it is
published (45 days). Later, or where its directory is gone, remove it by hand (\`certutil -L\`, \`keytool -list\`, the keychain's window).
`
