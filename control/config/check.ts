/**
 * The report of `heddle check`:
 *
 *   lab.yaml:14:3: unknown key holdTme
 *     14 |   holdTme: 90s
 *        |   ^
 *     hint: did you mean holdTime?
 */
import type { LoadedConfig } from './load.ts'
import { loadConfig } from './load.ts'
import type { ConfigProblem } from './problem.ts'

export interface CheckResult {
  readonly problems: readonly ConfigProblem[]
  /** Ready to print, with a line end. */
  readonly report: string
}

/** Reads and checks; applies nothing. */
export async function checkConfig(paths: readonly string[]): Promise<CheckResult> {
  const loaded = await loadConfig(paths)
  return { problems: loaded.problems, report: formatCheck(loaded) }
}

export function formatCheck(loaded: LoadedConfig): string {
  const files = loaded.texts.length
  const where = `${files} file${files === 1 ? '' : 's'}`
  if (loaded.problems.length === 0) {
    return `ok: ${loaded.documentCount} document${loaded.documentCount === 1 ? '' : 's'} in ${where}\n`
  }
  const lines = new Map(loaded.texts.map(({ file, text }) => [file, text.split('\n')]))
  const blocks = loaded.problems.map((problem) => formatProblem(problem, lineOf(lines, problem)))
  const count = loaded.problems.length
  return `${blocks.join('\n')}\n${count} problem${count === 1 ? '' : 's'} in ${where}\n`
}

/** One problem, with its line and a caret when the line is known. */
export function formatProblem(problem: ConfigProblem, line?: string): string {
  let text = `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`
  if (problem.path !== '' && !problem.message.includes(problem.path)) text += ` (${problem.path})`
  text += '\n'
  if (line !== undefined) {
    const number = String(problem.line)
    // Tabs before the place stay tabs, so that the caret stands below it.
    const lead = line.slice(0, problem.column - 1).replace(/[^\t]/g, ' ')
    text += `  ${number} | ${printable(line)}\n  ${' '.repeat(number.length)} | ${lead}^\n`
  }
  if (problem.hint !== '') text += `  hint: ${problem.hint}\n`
  return text
}

function lineOf(lines: ReadonlyMap<string, readonly string[]>, problem: ConfigProblem): string | undefined {
  const line = lines.get(problem.file)?.[problem.line - 1]?.replace(/\r$/, '')
  return line === undefined || line.length > 300 ? undefined : withoutSecrets(line)
}

/** A password that stands in the configuration by mistake must not go on to a terminal, a log or an answer. */
function withoutSecrets(line: string): string {
  return line.replace(
    /((?:authentication|password)["']?\s*:\s*)(?!\s*[{&|>]|\s*$)("[^"]*"?|'[^']*'?|[^,}#]+)/gi,
    '$1***',
  )
}

/** A file may hold control characters; a terminal must not obey them. */
function printable(line: string): string {
  // eslint-disable-next-line no-control-regex
  return line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
}
