/**
 * "Did you mean": the nearest of the names that exist, by edit distance, when it is near enough to be a slip of the finger.
 */

/** The nearest candidate, or undefined when none is near. */
export function nearest(wanted: string, candidates: Iterable<string>): string | undefined {
  const folded = wanted.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1
  for (const candidate of candidates) {
    // Names may be long; what differs much in length is no slip.
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue
    const distance = editDistance(folded, candidate.toLowerCase())
    if (distance < bestDistance && distance < candidate.length) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** A hint that names the nearest candidate, else lists the candidates, else is empty. */
export function didYouMean(wanted: string, candidates: readonly string[], listAtMost = 12): string {
  const best = nearest(wanted, candidates)
  if (best !== undefined) return `did you mean ${best}?`
  if (candidates.length === 0 || candidates.length > listAtMost) return ''
  return `there is ${[...candidates].sort().join(', ')}`
}

/** Levenshtein distance with one row. */
function editDistance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0]!
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const above = row[j]!
      row[j] = Math.min(above + 1, row[j - 1]! + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1))
      diagonal = above
    }
  }
  return row[b.length]!
}
