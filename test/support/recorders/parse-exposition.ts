/** parseExposition: the Prometheus text format 0.0.4, strictly, for tests: a line that is none throws. */

export interface ExposedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly ExposedSample[]
  /** The value of a sample, by all of its labels. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([-+0-9.eE]+|NaN|[+-]Inf|Nan)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/gy

export function parseExposition(text: string): Exposition {
  const types = new Map<string, string>()
  const samples: ExposedSample[] = []
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line)
    if (type !== null) {
      types.set(String(type[1]), String(type[2]))
      continue
    }
    const match = SAMPLE.exec(line)
    if (match === null) throw new Error(`not a line of the text format: ${line}`)
    samples.push({ name: String(match[1]), labels: parseLabels(match[2] ?? ''), value: Number(match[3]) })
  }
  const value = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    samples.find((sample) => sample.name === name && sameLabels(sample.labels, labels))?.value
  return { types, samples, value }
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const at = LABEL.lastIndex
    const match = LABEL.exec(text)
    if (match === null) throw new Error(`not labels: ${text.slice(at)}`)
    labels[String(match[1])] = String(match[2]).replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
  }
  return labels
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(b)
  return Object.keys(a).length === names.length && names.every((name) => a[name] === b[name])
}
