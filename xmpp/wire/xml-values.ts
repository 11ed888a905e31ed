/**
 * Values in element text (agent-channel reference 3.3): integers are decimal, signed 32-bit on the wire, blank around
 * them allowed, empty reads as 0; booleans are true only for the text `true`.
 */

/** An integer as it stands, or undefined when the text is none. */
export function parseInteger(text: string): number | undefined {
  // One pattern with blanks at both ends would take quadratic time over a megabyte of them.
  const digits = text.trim()
  if (digits === '') return 0
  return /^-?[0-9]{1,15}$/.test(digits) ? Number(digits) : undefined
}

/** An unsigned 32-bit number: negative ones wrap, as writers print them signed. */
export function parseUnsigned(text: string): number | undefined {
  const value = parseInteger(text)
  return value === undefined ? undefined : value >>> 0
}

/** Unsigned 32-bit as the field prints it. */
export function signedText(value: number): string {
  return String(value | 0)
}
