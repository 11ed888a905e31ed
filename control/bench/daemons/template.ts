/**
 * Configuration files of the benchmark's daemons, from the templates in fixtures/bench:
 *
 *   @NAME@             a value
 *   @each peer ... @end   the lines between, once for each of a list
 */
import { readFileSync } from 'node:fs'

export type Values = Readonly<Record<string, string | number>>
export type Lists = Readonly<Record<string, readonly Values[]>>

/** Text of a template; a checkout and an installed package have them at different depths. */
export function readTemplate(name: string): string {
  for (const root of ['../../..', '../../../..']) {
    try {
      return readFileSync(new URL(`${root}/fixtures/bench/${name}`, import.meta.url), 'utf8')
    } catch {
      // The compiled file lies one folder deeper.
    }
  }
  throw new Error(`fixtures/bench/${name} is missing`)
}

export function fillTemplate(text: string, values: Values, lists: Lists): string {
  const repeated = text.replace(/^@each (\w+)\n([^]*?)^@end\n/gm, (_, list: string, lines: string) => {
    const entries = lists[list]
    if (!entries) throw new Error(`a template repeats '${list}', which nobody gives`)
    return entries.map((entry) => replaceNames(lines, { ...values, ...entry })).join('')
  })
  return replaceNames(repeated, values)
}

function replaceNames(text: string, values: Values): string {
  return text.replace(/@([A-Z_]+)@/g, (_, name: string) => {
    if (!(name in values)) throw new Error(`a template names @${name}@, which nobody gives`)
    return String(values[name])
  })
}
