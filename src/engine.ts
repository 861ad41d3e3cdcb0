/**
 * Engine: wires the rooms. start() → drain() → close(); the only file that imports all of them. Main thread.
 *
 *     parse options ─▶ open CA ─▶ counters, rings ─▶ aggregator ─▶ shards ─▶ listen ─▶ ready
 *
 * Each step can fail with a `UserError` (what, where, remedy); what had been started by then is closed again.
 */

import { randomBytes } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import type { Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import { Acceptor } from './acceptor/acceptor.ts'
import { Admitter } from './acceptor/admission.ts'
import { loadDuplicate } from './acceptor/descriptor.ts'
import { GentleCloser } from './acceptor/gentle-close.ts'
import type { IntakeContext } from './acceptor/intake-context.ts'
import { ProxyAuthentication } from './acceptor/proxy-authentication.ts'
import { descriptorLimit, sessionCap } from './acceptor/session-cap.ts'
