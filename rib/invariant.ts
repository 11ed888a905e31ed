/** What only a defect of heddle can cause: thrown, never caught around table work, so that a half-applied RIB cannot live on. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new InvariantError(what)
}

/** For the default branch of an exhaustive switch. */
export function assertNever(value: never): never {
  throw new InvariantError(`unexpected ${String(value)}`)
}
