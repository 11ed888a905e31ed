/**
 * Durations as Kubernetes users write them: `90s`, `2m`, `1m30s`, `1h`. Whole seconds, since every timer that is
 * configured is one of whole seconds on the wire.
 */
import { refuse } from './parsed.ts'
import type { Parsed } from './parsed.ts'

const HINT = 'write a duration such as 90s, 2m or 1h'

/** Seconds of a duration text; a bare number is refused, since nobody can tell its unit. */
export function parseDurationSec(given: string | number): Parsed<number> {
  const text = String(given)
  if (/^\d{1,9}$/.test(text)) {
    return text === '0' ? { value: 0 } : refuse(`duration ${text} has no unit`, `write ${text}s for seconds`)
  }
  const match = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text)
  if (!match || text === '') return refuse(`${text.slice(0, 40)} is not a duration in whole seconds`, HINT)
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ]
  return { value: hours * 3600 + minutes * 60 + seconds }
}
