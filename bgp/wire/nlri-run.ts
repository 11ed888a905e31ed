/**
 * One stretch of NLRI of an UPDATE, decoded: keys as rib/model/route-key.ts lays them out, in arrays that grow and are
 * used again for the next UPDATE, so that decoding a route allocates nothing.
 */
import { Family } from '../../rib/model/family.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { routeKeyWords } from '../../rib/model/route-key.ts'

const FIRST_CAPACITY = 64

export class NlriRun {
  family: Family
  /** Reachable or withdrawn. */
  reach: boolean
  count: number
  /** Prefixes left out because no unicast route can have them. */
  ignored: number
  /** count * routeKeyWords(family) words, masked. */
  keys: Int32Array
  labels: Int32Array
  /** RFC 7911; all zero where it was not negotiated. */
  pathIds: Int32Array
  hasPathIds: boolean
  /** The attributes of a reach run; undefined when they cannot be used (treat-as-withdraw). */
  attrs: AttrSet | undefined

  constructor() {
    this.family = Family.inet
    this.reach = false
    this.count = 0
    this.ignored = 0
    this.keys = new Int32Array(FIRST_CAPACITY * 7)
    this.labels = new Int32Array(FIRST_CAPACITY)
    this.pathIds = new Int32Array(FIRST_CAPACITY)
    this.hasPathIds = false
    this.attrs = undefined
  }

  start(family: Family, reach: boolean): void {
    this.family = family
    this.reach = reach
    this.count = 0
    this.ignored = 0
    if (this.hasPathIds) this.pathIds.fill(0)
    this.hasPathIds = false
    this.attrs = undefined
  }

  /** Makes room for at least one more route of `words` key words. */
  grow(words: number): void {
    const capacity = this.labels.length * 2
    this.keys = grown(this.keys, Math.max(this.keys.length, capacity * words))
    this.labels = grown(this.labels, capacity)
    this.pathIds = grown(this.pathIds, capacity)
  }

  /** Routes the arrays have room for. */
  capacity(): number {
    return Math.min(this.labels.length, Math.floor(this.keys.length / routeKeyWords(this.family)))
  }
}

function grown(words: Int32Array, length: number): Int32Array {
  if (length === words.length) return words
  const larger = new Int32Array(length)
  larger.set(words)
  return larger
}
