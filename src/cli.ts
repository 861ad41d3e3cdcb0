#!/usr/bin/env node
/**
 * The command `soth-mitm`: argv in, exit code out. Everything else is in `cli/`. Main thread.
 */

import { loadEngine } from './cli/engine/load-engine.ts'
import { heedOutputFailure } from './cli/output-failure.ts'
import { runCli } from './cli/run-cli.ts'

heedOutputFailure()
const exitCode = await runCli(process.argv.slice(2), { loadEngine })
// A failure of standard output has set it already.
process.exitCode ||= exitCode
