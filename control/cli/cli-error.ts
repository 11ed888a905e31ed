/**
 * What a command tells its caller when it cannot do its work, and how the program ends:
 *
 *   0  done, or found        1  nothing matched        2  wrong usage, or no daemon that answers
 *
 * With -j the same three facts are one JSON document on stdout: {"error":{"code","message","hint"}}.
 */
export const ExitStatus = { done: 0, nothingMatched: 1, failed: 2 } as const
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus]

/** The three facts of an error, as the API answers and -j prints them. */
export interface ErrorFacts {
  /** Stable, for scripts. */
  readonly code: string
  readonly message: string
  /** What to do about it; empty when there is nothing to say. */
  readonly hint: string
}

/** Ends a command with exit status 2. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: string
  readonly hint: string

  constructor(code: string, message: string, hint = '') {
    super(message)
    this.code = code
    this.hint = hint
  }

  facts(): ErrorFacts {
    return { code: this.code, message: this.message, hint: this.hint }
  }
}
