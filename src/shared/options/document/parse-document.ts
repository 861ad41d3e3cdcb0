/**
 * parseDocument: a YAML or JSON file that is held to a schema of ours, beside the configuration: profiles, scenarios. Errors name
 * file, line, column, path and reason. No thread of its own.
 */

import type * as z from 'zod'
import { foldKeys } from '../fold-keys.ts'
import { ConfigError, type ConfigProblem } from '../problems/config-error.ts'
import { describeIssues, type Expected } from '../problems/describe-issue.ts'
import { toldProblems } from '../problems/problem-report.ts'
import { ConfigDocument } from './config-document.ts'
import { readTextFile } from './read-text-file.ts'

/** `check` says what the schema cannot. */
export function parseDocument<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  expected: Expected,
  check: (value: z.output<Schema>) => readonly ConfigProblem[],
): z.output<Schema> {
  const document = new ConfigDocument(readTextFile(file), file)
  const refuse = (problems: readonly ConfigProblem[]): ConfigError => new ConfigError(document.locate(toldProblems(problems)), file)
  const input = folded(document, refuse)
  const parsed = schema.safeParse(input)
  if (!parsed.success) throw refuse(describeIssues(parsed.error.issues, input, expected))
  const problems = check(parsed.data)
  if (problems.length > 0) throw refuse(problems)
  return parsed.data
}

function folded(document: ConfigDocument, refuse: (problems: readonly ConfigProblem[]) => ConfigError): unknown {
  try {
    return foldKeys(document.value)
  } catch (error) {
    throw error instanceof ConfigError ? refuse(error.problems) : error
  }
}
