/**
 * Runs an AS path pattern: a deterministic automaton built as paths ask for it, so that a path costs one step a
 * character whatever the pattern and whoever made the path. States are sets of nodes of the nondeterministic one; a
 * pattern that would need very many is started afresh when MAX_STATES are there (memory is bounded, time stays linear).
 */
import type { AsPath } from '../model/as-path.ts'
import { SegmentType } from '../model/as-path.ts'
import { NodeKind, PATH_ALPHABET } from './as-path-syntax.ts'
import type { Automaton } from './as-path-syntax.ts'

const MAX_STATES = 256
const SYMBOLS = PATH_ALPHABET.length
const UNKNOWN = -1

interface State {
  /** Nodes that wait for a symbol. */
  readonly waiting: readonly number[]
  readonly next: Int32Array
  /** The pattern is found, whatever follows. */
  readonly isFound: boolean
  /** It is found when the path ends here. */
  readonly isFoundAtEnd: boolean
}

export class AsPathPattern {
  readonly #automaton: Automaton
  readonly #states: State[] = []
  readonly #byKey = new Map<string, number>()

  constructor(automaton: Automaton) {
    this.#automaton = automaton
    this.#begin()
  }

  matches(path: AsPath): boolean {
    const length = writeText(path)
    let state = this.#states[0]!
    for (let i = 0; i < length && !state.isFound; i++) {
      const symbol = text[i]!
      let next = state.next[symbol]!
      if (next === UNKNOWN) next = this.#step(state, symbol)
      state = this.#states[next]!
    }
    return state.isFound || state.isFoundAtEnd
  }

  #begin(): void {
    this.#states.length = 0
    this.#byKey.clear()
    this.#state([this.#automaton.start], true)
  }

  #step(state: State, symbol: number): number {
    const { nodes, start } = this.#automaton
    const reached = state.waiting.filter((node) => ((nodes[node]!.mask >>> symbol) & 1) !== 0)
    // Found anywhere: at every character it may begin anew.
    const from = [...reached.map((node) => nodes[node]!.a), start]
    if (this.#states.length >= MAX_STATES) {
      this.#begin()
      return this.#state(from, false)
    }
    const next = this.#state(from, false)
    state.next[symbol] = next
    return next
  }

  /** The state of these nodes; the first one made is the one at the beginning of a path. */
  #state(from: readonly number[], isAtStart: boolean): number {
    const reached = this.#closure(from, isAtStart, false)
    const waiting = [...reached].filter((node) => this.#automaton.nodes[node]!.kind === NodeKind.symbols)
    const isFound = this.#hasMatch(reached)
    const isFoundAtEnd = this.#hasMatch(this.#closure(from, isAtStart, true))
    const key = `${waiting.sort((a, b) => a - b).join()}|${isFound}|${isFoundAtEnd}`
    const known = isAtStart ? undefined : this.#byKey.get(key)
    if (known !== undefined) return known
    const next = new Int32Array(SYMBOLS).fill(UNKNOWN)
    const index = this.#states.push({ waiting, next, isFound, isFoundAtEnd }) - 1
    if (!isAtStart) this.#byKey.set(key, index)
    return index
  }

  /** Everything reached without a symbol. */
  #closure(from: readonly number[], isAtStart: boolean, isAtEnd: boolean): Set<number> {
    const reached = new Set(from)
    for (const index of reached) {
      const { kind, a, b } = this.#automaton.nodes[index]!
      if (kind === NodeKind.split) {
        reached.add(a)
        reached.add(b)
      } else if ((kind === NodeKind.start && isAtStart) || (kind === NodeKind.end && isAtEnd)) reached.add(a)
    }
    return reached
  }

  #hasMatch(reached: ReadonlySet<number>): boolean {
    return [...reached].some((node) => this.#automaton.nodes[node]!.kind === NodeKind.match)
  }
}

/** The text of the path at hand, as symbols: reused, since nothing keeps it. */
let text = new Uint8Array(256)

const SPACE = PATH_ALPHABET.indexOf(' ')
const COMMA = PATH_ALPHABET.indexOf(',')

/** Opening and closing symbol by segment type; 255 for none. */
const brackets: readonly (readonly [number, number])[] = (
  [
    ['', ''],
    ['{', '}'],
    ['', ''],
    ['(', ')'],
    ['[', ']'],
  ] as const
).map(([open, close]) => [symbolOf(open), symbolOf(close)] as const)

function symbolOf(character: string): number {
  return character === '' ? 255 : PATH_ALPHABET.indexOf(character)
}

/** Writes the path as formatAsPath prints it; returns its length. */
function writeText(path: AsPath): number {
  let at = 0
  for (let i = 0; i < path.length; i++) {
    const { type, asns } = path[i]!
    // Ten digits, a delimiter for each number; two brackets and a space.
    const room = at + asns.length * 11 + 3
    if (room > text.length) growText(room)
    const [open, close] = brackets[type]!
    const between = type === SegmentType.set || type === SegmentType.confedSet ? COMMA : SPACE
    if (i > 0) text[at++] = SPACE
    if (open !== 255) text[at++] = open
    for (let j = 0; j < asns.length; j++) {
      if (j > 0) text[at++] = between
      at = writeNumber(asns[j]!, at)
    }
    if (close !== 255) text[at++] = close
  }
  return at
}

function writeNumber(value: number, at: number): number {
  let digits = 1
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++
  for (let rest = value, i = digits - 1; i >= 0; i--) {
    text[at + i] = rest % 10
    rest = Math.floor(rest / 10)
  }
  return at + digits
}

function growText(length: number): void {
  const larger = new Uint8Array(length * 2)
  larger.set(text)
  text = larger
}
