/**
 * The paths of all tables as rows of eight 32-bit words in one array: half a cache line for a path.
 *
 *   | ATTRS | SOURCE | LABEL | FLAGS | NEXT | ROUTE | TABLE | COPIES |          and apart:  | ORIGIN | PATH_ID |
 *
 *   FLAGS    PathFlag in the low 16 bits, the instance id (low half of the RD of an agent's route) in the high 16
 *   NEXT     next path of the same route, best first; 0 at the end
 *   COPIES   of a primary path: its first copy; of a copy: the next copy of the same primary; 0 at the end
 *   ORIGIN   of a copy: the primary path; 0 for a primary path
 *
 * ORIGIN and PATH_ID are 0 for most paths of a route reflector. They have an array of their own that is written only to
 * change something, so that the system gives it no memory until then.
 *
 * Path 0 is "none". Copies never outlive their primary path, so following ORIGIN is always safe.
 */
import { grownWords } from './grown-words.ts'
import { PathFlag } from './path-flags.ts'

const STRIDE = 8
const ATTRS = 0
const SOURCE = 1
const LABEL = 2
const FLAGS = 3
const NEXT = 4
const ROUTE = 5
const TABLE = 6
const COPIES = 7

const RARE_STRIDE = 2
const ORIGIN = 0
const PATH_ID = 1

const FLAG_MASK = 0xffff

/**
 * No power of two, as tables begin with: otherwise paths and routes, one for one in a large table, would be copied at the
 * same moment, two stalls in one.
 */
const INITIAL_PATHS = 80

export class PathStore {
  #words = new Int32Array(INITIAL_PATHS * STRIDE)
  #rare = new Int32Array(INITIAL_PATHS * RARE_STRIDE)
  #rowCount = 1
  #freeHead = 0
  count = 0
  /** By path: the set as received, where an import policy made another of it. Empty until one does. */
  #received = new Int32Array(0)

  // hot: once per new path
  allocate(): number {
    let path = this.#freeHead
    if (path !== 0) {
      this.#freeHead = this.#words[path * STRIDE + NEXT]!
    } else {
      path = this.#rowCount++
      if ((path + 1) * STRIDE > this.#words.length) this.#grow(path)
    }
    this.count++
    // A loop: `fill` is a call into the runtime, many times the cost of ten stores.
    const base = path * STRIDE
    for (let i = 0; i < STRIDE; i++) this.#words[base + i] = 0
    this.setOrigin(path, 0)
    this.setPathId(path, 0)
    return path
  }

  free(path: number): void {
    const base = path * STRIDE
    this.#words[base + ATTRS] = 0
    this.#words[base + NEXT] = this.#freeHead
    this.#freeHead = path
    this.count--
  }

  attrs(path: number): number {
    return this.#words[path * STRIDE + ATTRS]!
  }
  setAttrs(path: number, id: number): void {
    this.#words[path * STRIDE + ATTRS] = id
  }
  source(path: number): number {
    return this.#words[path * STRIDE + SOURCE]!
  }
  setSource(path: number, id: number): void {
    this.#words[path * STRIDE + SOURCE] = id
  }
  label(path: number): number {
    return this.#words[path * STRIDE + LABEL]!
  }
  setLabel(path: number, label: number): void {
    this.#words[path * STRIDE + LABEL] = label
  }
  flags(path: number): number {
    return this.#words[path * STRIDE + FLAGS]! & FLAG_MASK
  }
  instanceId(path: number): number {
    return this.#words[path * STRIDE + FLAGS]! >>> 16
  }
  setFlags(path: number, flags: number, instanceId: number): void {
    this.#words[path * STRIDE + FLAGS] = (instanceId << 16) | (flags & FLAG_MASK)
  }
  next(path: number): number {
    return this.#words[path * STRIDE + NEXT]!
  }
  setNext(path: number, next: number): void {
    this.#words[path * STRIDE + NEXT] = next
  }
  route(path: number): number {
    return this.#words[path * STRIDE + ROUTE]!
  }
  table(path: number): number {
    return this.#words[path * STRIDE + TABLE]!
  }
  setPlace(path: number, table: number, route: number): void {
    this.#words[path * STRIDE + TABLE] = table
    this.#words[path * STRIDE + ROUTE] = route
  }
  /** First copy of a primary path, or next sibling of a copy. */
  copies(path: number): number {
    return this.#words[path * STRIDE + COPIES]!
  }
  setCopies(path: number, copy: number): void {
    this.#words[path * STRIDE + COPIES] = copy
  }
  origin(path: number): number {
    return this.#rare[path * RARE_STRIDE + ORIGIN]!
  }
  setOrigin(path: number, origin: number): void {
    const at = path * RARE_STRIDE + ORIGIN
    if (this.#rare[at] !== origin) this.#rare[at] = origin
  }
  pathId(path: number): number {
    return this.#rare[path * RARE_STRIDE + PATH_ID]!
  }
  setPathId(path: number, pathId: number): void {
    const at = path * RARE_STRIDE + PATH_ID
    if (this.#rare[at] !== pathId) this.#rare[at] = pathId
  }

  /** The set as received where the path's own is another; 0 elsewhere. */
  received(path: number): number {
    return this.#received[path] ?? 0
  }
  setReceived(path: number, id: number): void {
    if (path >= this.#received.length) {
      if (id === 0) return
      this.#received = grownWords(this.#received, Math.max(path + 1, this.#rowCount))
    }
    this.#received[path] = id
  }
  /** No path was ever changed by a policy. */
  get allAsReceived(): boolean {
    return this.#received.length === 0
  }

  /**
   * Puts a flag on every primary path that a source has in these tables, and `again` on those that have it already: true
   * where there is one. One pass through memory as it lies, a third of the time that following a million routes takes.
   */
  // hot: once per path there is, at one go
  markAll(source: number, tables: ReadonlySet<number>, flag: number, again: number): boolean {
    const words = this.#words
    const end = this.#rowCount * STRIDE
    let hadOne = false
    let knownTable = 0
    for (let base = STRIDE; base < end; base += STRIDE) {
      // A free row keeps its source.
      if (words[base + SOURCE] !== source || words[base + ATTRS] === 0) continue
      const flags = words[base + FLAGS]!
      const table = words[base + TABLE]!
      if ((flags & PathFlag.secondary) !== 0 || (table !== knownTable && !tables.has(table))) continue
      knownTable = table
      const isSecond = (flags & flag) !== 0
      hadOne ||= isSecond
      words[base + FLAGS] = flags | flag | (isSecond ? again : 0)
    }
    return hadOne
  }

  /** Paths for which there is room: with the next one everything is copied. */
  get capacity(): number {
    return this.#words.length / STRIDE
  }

  /** Rows that exist, free ones included: what a pass over all paths looks at. */
  get rowCount(): number {
    return this.#rowCount
  }

  /** Puts a copy at the head of its primary path's chain. */
  linkCopy(primary: number, copy: number): void {
    this.setOrigin(copy, primary)
    this.setCopies(copy, this.copies(primary))
    this.setCopies(primary, copy)
  }

  /** Takes a copy out of its primary path's chain. */
  unlinkCopy(copy: number): void {
    const primary = this.origin(copy)
    let before = primary
    while (this.copies(before) !== copy) before = this.copies(before)
    this.setCopies(before, this.copies(copy))
    this.setCopies(copy, 0)
    this.setOrigin(copy, 0)
  }

  #grow(path: number): void {
    this.#words = grownWords(this.#words, (path + 1) * STRIDE)
    this.#rare = grownWords(this.#rare, (this.#words.length / STRIDE) * RARE_STRIDE)
  }
}
