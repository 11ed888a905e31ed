/**
 * A configuration as its readers tell of it: the documents, or what is wrong with them in the words of `heddle check`.
 * Read here, or by another process (config/reader-process.ts).
 */
import { formatCheck, formatProblem } from './check.ts'
import type { Documents } from './documents.ts'
import { loadConfig } from './load.ts'
import type { ConfigProblem } from './problem.ts'

export interface Reading {
  /** Undefined when there is any problem. */
  readonly documents: Documents | undefined
  readonly problems: readonly ConfigProblem[]
  /** Each problem by itself. */
  readonly lines: readonly string[]
  /** All of them, with the lines of the files they are in. */
  readonly report: string
}

/** Reads files and folders; applies nothing. */
export type ConfigReader = (files: readonly string[]) => Promise<Reading>

export const readHere: ConfigReader = async (files) => {
  const loaded = await loadConfig(files)
  const { documents, problems } = loaded
  return {
    documents,
    problems,
    lines: problems.map((problem) => formatProblem(problem).trimEnd()),
    report: documents ? '' : formatCheck(loaded),
  }
}
