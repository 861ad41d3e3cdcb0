/**
 * The engine as one process of a benchmark, with the heap policy of the command line. argv: JSON of the engine's options.
 */

import { letHeapsGrow } from '../../src/cli/engine/heap-growth.ts'
import { createEngine } from '../../src/index.ts'
import { serve } from '../support/child.ts'

letHeapsGrow()
const engine = createEngine(JSON.parse(process.argv[2] ?? '{}'), {
  log: (level, message) => console.error(`engine ${level}: ${message}`),
})
const started = await engine.start()
serve(
  { port: Number(started.listen[0]?.split(':')[1]), admin: started.admin, ca: started.ca.certPath },
  {
    reload: (source: Parameters<typeof engine.reloadFile>[0]) => engine.reloadFile(source),
  },
)
