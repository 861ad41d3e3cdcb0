/**
 * Exposition: one scrape of a Prometheus endpoint, text format 0.0.4, as far as a load test reads it.
 */

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/

export class Exposition {
  /** Values by the sample's name with its labels, as they stand. */
  readonly samples = new Map<string, number>()
  readonly counters = new Set<string>()

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const type = /^# TYPE (\S+) (counter|histogram)$/.exec(line)?.[1]
      if (type !== undefined) this.counters.add(type)
      if (line === '' || line.startsWith('#')) continue
      const match = SAMPLE.exec(line)
      if (match === null) throw new Error(`not a line of the text format: ${line}`)
      this.samples.set(`${match[1]}{${match[2] ?? ''}}`, Number(match[3]))
    }
  }

  /** Sum over all samples of `name` whose labels hold `label` (`key="value"`). */
  sum(name: string, label = ''): number {
    let sum = 0
    for (const [key, value] of this.samples) if (key.startsWith(`${name}{`) && key.includes(label)) sum += value
    return sum
  }

  /** The highest of all samples of `name` whose labels hold `label`; undefined where there are none. */
  highest(name: string, label = ''): number | undefined {
    let highest: number | undefined
    for (const [key, value] of this.samples)
      if (key.startsWith(`${name}{`) && key.includes(label) && !(highest !== undefined && highest >= value)) highest = value
    return highest
  }

  /** Samples of counters that are lower than in an earlier scrape: there may be none. */
  fallenSince(earlier: Exposition): string[] {
    const fallen: string[] = []
    for (const [key, value] of earlier.samples) {
      const name = key.slice(0, key.indexOf('{')).replace(/_(bucket|sum|count)$/, '')
      const isCounter = this.counters.has(name) || this.counters.has(key.slice(0, key.indexOf('{')))
      const now = this.samples.get(key)
      if (isCounter && now !== undefined && now < value) fallen.push(key)
    }
    return fallen
  }
}
