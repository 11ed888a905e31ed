/**
 * How the paths of a source are taken before any policy judges them: whether they may be used, and as what. The rule of a
 * session is made from its peer's configuration; another one on a live session has all its paths judged again from what
 * was received (rib/policies.ts).
 *
 *   received ──takenAs──► taken ──import policy──► what the table holds        (flags decide whether it may be chosen)
 */
import type { AttrSet } from './model/attr-set.ts'
import type { Family } from './model/family.ts'

export interface ImportRule {
  /** Rules of equal keys take every path alike. */
  readonly key: string
  /** False: takenAs gives back what it is given, always. */
  readonly changes: boolean
  /** Path flags of what was received: 0, or infeasible with its reasons. */
  flagsOf(received: AttrSet, family: Family): number
  /** What it is taken as. */
  takenAs(received: AttrSet, family: Family): AttrSet
  /** Forgets everything keyed by attribute ids. */
  forget(): void
}
