/**
 * One thing wrong with the configuration, at a place an editor can jump to. Problems are collected, all of them, and
 * nothing of a configuration that has one is applied.
 */
export interface ConfigProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in characters. */
  readonly column: number
  /** Where in the document: `spec.families[2]`; empty for the document or the file itself. */
  readonly path: string
  readonly message: string
  /** What to do about it; empty when the message says it all. */
  readonly hint: string
}

export type DocumentPath = readonly (string | number)[]

export function formatPath(path: DocumentPath): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

/** Order of the report: as an eye goes through the files. */
export function compareProblems(a: ConfigProblem, b: ConfigProblem): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.path, b.path) ||
    compareText(a.message, b.message)
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A configuration that has problems was asked to run. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const first = problems[0]
    const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
    super(
      first
        ? `${first.file}:${first.line}:${first.column}: ${first.message}${rest}`
        : 'configuration refused',
    )
    this.problems = problems
  }
}
