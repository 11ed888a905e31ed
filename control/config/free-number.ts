/**
 * Giving out numbers of a range so that a number just released is the last to be used again: routes that carry it may
 * still be on the way.
 */
export interface NumberRange {
  readonly from: number
  readonly to: number
}

/** The first unused number from `start` on, going around at the end of the range; undefined when all are in use. */
export function firstFree(
  start: number,
  used: { has(value: number): boolean; readonly size: number },
  range: NumberRange,
): number | undefined {
  const span = range.to - range.from + 1
  let number = start < range.from || start > range.to ? range.from : start
  // Numbers in use may lie outside the range after it was narrowed, so the size alone does not tell that it is full.
  for (let tried = 0; tried < span && tried <= used.size; tried++) {
    if (!used.has(number)) return number
    number = number === range.to ? range.from : number + 1
  }
  return undefined
}
