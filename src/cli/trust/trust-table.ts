/**
 * The trust table: every store and program that can be told to trust the CA. `ca trust`, `doctor` and docs/trust.md are made of it.
 */

import { COMMAND_LINE_TOOLS } from './targets/command-line-tools.ts'
import { CONTAINERS } from './targets/containers.ts'
import { DESKTOP_SYSTEMS } from './targets/desktop-systems.ts'
import { DEVICES } from './targets/devices.ts'
import { JAVA_RUNTIME } from './targets/java-runtime.ts'
import { LANGUAGE_RUNTIMES } from './targets/language-runtimes.ts'
import { LINUX_SYSTEMS } from './targets/linux-systems.ts'
import { NSS_BROWSERS } from './targets/nss-browsers.ts'
import type { TrustTarget } from './trust-target.ts'

export const TRUST_TARGETS: readonly TrustTarget[] = [
  ...LINUX_SYSTEMS,
  ...DESKTOP_SYSTEMS,
  ...NSS_BROWSERS,
  ...LANGUAGE_RUNTIMES,
  JAVA_RUNTIME,
  ...COMMAND_LINE_TOOLS,
  ...CONTAINERS,
  ...DEVICES,
]
