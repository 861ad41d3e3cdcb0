/**
 * Help, written from the commands' own tables, so that it cannot fall behind them. Main thread.
 */

import type { Command } from './command.ts'
import type { FlagSpecs } from './parse-arguments.ts'

/** The overview: commands, and the flags of the default one. */
export function overview(commands: ReadonlyMap<string, Command>, defaultFlags: FlagSpecs): string {
  const rows = [...commands].map(([name, command]) => [`${name} ${command.operands.join(' ')}`.trim(), command.summary] as const)
  return [
    'soth-mitm: TLS-intercepting proxy engine',
    '',
    'Usage: soth-mitm [start] [flags]',
    '       soth-mitm COMMAND [arguments]',
    '',
    'Commands',
    table(rows),
    '',
    'Flags of start',
    flagTable(defaultFlags),
    '',
    'Flags override the configuration file. Reference: docs/configuration.md, docs/cli.md.',
    '',
  ].join('\n')
}

export function commandHelp(name: string, command: Command): string {
  if (command.help !== undefined) return command.help
  const usage = ['Usage: soth-mitm', name, '[flags]', ...command.operands].join(' ')
  return [usage, '', command.summary, '', 'Flags', flagTable(command.flags), ''].join('\n')
}

function flagTable(flags: FlagSpecs): string {
  return table(
    Object.entries(flags).map(([name, spec]) => {
      const short = spec.short === undefined ? '' : `-${spec.short}, `
      return [`${short}--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`, spec.doc] as const
    }),
  )
}

export function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
