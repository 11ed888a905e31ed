/**
 * What reading a text of the operator gives: the value, or what is wrong with it and what to write instead.
 */
export interface Refusal {
  readonly message: string
  /** What to write instead; empty when the message says it all. */
  readonly hint: string
}

export type Parsed<T> = { readonly value: T } | Refusal

export function isRefusal<T>(parsed: Parsed<T>): parsed is Refusal {
  return !('value' in parsed)
}

export function refuse(message: string, hint = ''): Refusal {
  return { message, hint }
}
