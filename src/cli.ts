#!/usr/bin/env node
/**
 * The command `soth-mitm`: argv in, exit code out. Everything else is in `cli/`. Main thread.
 */

import { loadEngine } from './cli/load-engine.ts'
import { runCli } from './cli/run-cli.ts'

process.exitCode = await runCli(process.argv.slice(2), { loadEngine })
