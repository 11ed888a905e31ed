/** A closed range of numbers: what a pattern or a match key leaves open. */
export interface NumberRange {
  readonly min: number
  readonly max: number
}

export function isInRange(value: number, range: NumberRange): boolean {
  return value >= range.min && value <= range.max
}

/** `100`, `100-199` or `*`, up to `largest`; undefined when malformed or out of range. */
export function parseNumberRange(text: string, largest: number): NumberRange | undefined {
  if (text === '*') return { min: 0, max: largest }
  const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text)
  if (!match) return undefined
  const min = Number(match[1])
  const max = match[2] === undefined ? min : Number(match[2])
  return min > max || max > largest ? undefined : { min, max }
}
