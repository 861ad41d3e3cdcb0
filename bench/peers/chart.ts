/**
 * The report's picture: what the engine and its peers cost in four kinds of work, a panel each, bars on a linear scale.
 *
 * A bar that would leave its panel ends in a break: its figure says how long it is. What intercepts and what only relays have colours of their own.
 */

export interface Bar {
  readonly name: string
  readonly value: number
  readonly kind: 'own' | 'intercepts' | 'relays'
}

export interface Panel {
  readonly title: string
  readonly bars: readonly Bar[]
  readonly digits: number
}

const COLUMNS = 2
const PANEL_WIDTH = 480
const LABEL_WIDTH = 165
const BAR_WIDTH = 245
const ROW_HEIGHT = 20
const BAR_HEIGHT = 13
const TITLE_HEIGHT = 40
const LEGEND_HEIGHT = 40
/** Longest bar that is drawn to scale, in the engine's own. */
const MOST_TIMES = 5

const COLOURS = { own: '#1a6fb5', intercepts: '#8a97a3', relays: '#ccd4db' } as const
const MEANINGS = { own: 'soth-mitm', intercepts: 'intercepts', relays: 'relays only (floor)' } as const

export function chart(panels: readonly Panel[]): string {
  const shown = panels.filter(({ bars }) => bars.length > 0)
  const rows = Array.from({ length: Math.ceil(shown.length / COLUMNS) }, (_, row) => shown.slice(row * COLUMNS, (row + 1) * COLUMNS))
  const parts: string[] = []
  let top = LEGEND_HEIGHT
  for (const row of rows) {
    parts.push(...row.map((panel, column) => drawn(panel, column * PANEL_WIDTH, top)))
    top += TITLE_HEIGHT + ROW_HEIGHT * Math.max(...row.map(({ bars }) => bars.length)) + 16
  }
  const width = COLUMNS * PANEL_WIDTH
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" font-family="system-ui, sans-serif" font-size="12" fill="#1f2933"><rect width="100%" height="100%" fill="white"/>${legend()}${parts.join('')}</svg>\n`
}

function legend(): string {
  const keys = Object.keys(COLOURS) as (keyof typeof COLOURS)[]
  return keys
    .map(
      (kind, n) =>
        `<rect x="${20 + n * 130}" y="14" width="12" height="12" fill="${COLOURS[kind]}"/>${text(38 + n * 130, 24, MEANINGS[kind])}`,
    )
    .join('')
}

function drawn({ title, bars, digits }: Panel, left: number, top: number): string {
  const own = bars.find(({ kind }) => kind === 'own')?.value ?? 0
  const longest = Math.min(Math.max(...bars.map(({ value }) => value)), own * MOST_TIMES)
  const rows = bars.map(({ name, value, kind }, row) => {
    const y = top + TITLE_HEIGHT + row * ROW_HEIGHT
    const isBroken = value > longest
    const length = Math.max(1, (Math.min(value, longest) / longest) * BAR_WIDTH)
    const x = left + LABEL_WIDTH
    const weight = kind === 'own' ? ' font-weight="bold"' : ''
    return [
      text(x - 8, y + 11, name, ` text-anchor="end"${weight}`),
      `<rect x="${x}" y="${y}" width="${length.toFixed(1)}" height="${BAR_HEIGHT}" fill="${COLOURS[kind]}"/>`,
      isBroken ? `<path d="M${x + length - 14} ${y - 2}l-5 ${BAR_HEIGHT + 4}h5l5 -${BAR_HEIGHT + 4}z" fill="white"/>` : '',
      text(x + length + 6, y + 11, value.toFixed(digits), weight),
    ].join('')
  })
  return text(left + 20, top + 22, title, ' font-size="14" font-weight="bold"') + rows.join('')
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y}"${attributes}>${escaped}</text>`
}
