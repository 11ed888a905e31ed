/**
 * AS path patterns as IOS, FRR and GoBGP write them: a regular expression over the path's text, found anywhere in it.
 *
 *   text      64512 65001 {65010,65011} (65100)       sequence, set, confederation segments: as `heddle show` prints it
 *   _         a space, comma, brace, bracket or parenthesis, or the beginning or end
 *   ^ $       beginning, end            .  any character        [0-9] [^1]  a class
 *   * + ?     repetition                |  ( )                  \( a parenthesis of a confederation segment
 *
 * Braces stand for themselves: there is no counted repetition. Parsed into a nondeterministic automaton; what runs it
 * (as-path-pattern.ts) never backtracks, whatever path a peer makes up.
 */

/** Characters of a path's text; a symbol is an index into it. */
export const PATH_ALPHABET = '0123456789 ,{}()[]'

/** All symbols. */
const ANY = (1 << PATH_ALPHABET.length) - 1
/** All but the digits. */
const DELIMITER = ANY & ~0x3ff

/** Longest pattern, and the deepest nesting of parentheses. */
const MAX_LENGTH = 512
const MAX_DEPTH = 50

export const NodeKind = { symbols: 0, split: 1, start: 2, end: 3, match: 4 } as const
export type NodeKind = (typeof NodeKind)[keyof typeof NodeKind]

/** A node of the automaton: `a` (and `b` of a split) are indexes of what follows. */
export interface PatternNode {
  readonly kind: NodeKind
  readonly mask: number
  a: number
  b: number
}

export interface Automaton {
  readonly nodes: readonly PatternNode[]
  readonly start: number
}

/** What is wrong with a pattern, and where (from 0). */
export interface PatternFault {
  readonly message: string
  readonly at: number
}

export function isPatternFault(parsed: Automaton | PatternFault): parsed is PatternFault {
  return 'message' in parsed
}

export function parseAsPathPattern(text: string): Automaton | PatternFault {
  if (text.length > MAX_LENGTH) return { message: `longer than ${MAX_LENGTH} characters`, at: MAX_LENGTH }
  return new Parser(text).parse()
}

/** A part of the automaton with one way in and one way out, which is not joined to anything yet. */
interface Fragment {
  readonly start: number
  /** Nodes whose `a` (or `b`, written as ~index) has to be set. */
  readonly open: readonly number[]
}

class Parser {
  readonly #text: string
  readonly #nodes: PatternNode[] = []
  #at = 0
  #depth = 0
  #fault: PatternFault | undefined

  constructor(text: string) {
    this.#text = text
  }

  parse(): Automaton | PatternFault {
    const whole = this.#alternatives()
    if (!this.#fault && this.#at < this.#text.length) this.#fail('a parenthesis is closed that is not open')
    if (this.#fault) return this.#fault
    const match = this.#node(NodeKind.match)
    this.#join(whole, match)
    return { nodes: this.#nodes, start: whole.start }
  }

  #alternatives(): Fragment {
    let left = this.#sequence()
    while (!this.#fault && this.#text[this.#at] === '|') {
      this.#at++
      const right = this.#sequence()
      const split = this.#node(NodeKind.split, 0, left.start, right.start)
      left = { start: split, open: [...left.open, ...right.open] }
    }
    return left
  }

  #sequence(): Fragment {
    let whole: Fragment | undefined
    while (!this.#fault && this.#at < this.#text.length && !'|)'.includes(this.#text[this.#at]!)) {
      const next = this.#repeated()
      if (whole) this.#join(whole, next.start)
      whole = whole ? { start: whole.start, open: next.open } : next
    }
    return whole ?? this.#empty()
  }

  #repeated(): Fragment {
    let part = this.#atom()
    for (;;) {
      const sign = this.#text[this.#at]
      if (this.#fault || (sign !== '*' && sign !== '+' && sign !== '?')) return part
      this.#at++
      const split = this.#node(NodeKind.split, 0, part.start)
      if (sign === '?') {
        part = { start: split, open: [...part.open, ~split] }
      } else {
        this.#join(part, split)
        part = { start: sign === '*' ? split : part.start, open: [~split] }
      }
    }
  }

  #atom(): Fragment {
    const character = this.#text[this.#at++]!
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return this.#class()
      case '.':
        return this.#symbols(ANY)
      case '_':
        return this.#delimiter()
      case '^':
        return this.#single(NodeKind.start)
      case '$':
        return this.#single(NodeKind.end)
      case '*':
      case '+':
      case '?':
        return this.#fail(`${character} repeats nothing`, this.#at - 1)
      case '\\':
        if (this.#at >= this.#text.length) return this.#fail('nothing follows the backslash', this.#at - 1)
        return this.#literal(this.#text[this.#at++]!)
      default:
        return this.#literal(character)
    }
  }

  #group(): Fragment {
    const opened = this.#at - 1
    if (++this.#depth > MAX_DEPTH) return this.#fail('parentheses are nested too deep', opened)
    const inner = this.#alternatives()
    if (this.#fault) return inner
    if (this.#text[this.#at] !== ')') return this.#fail('the parenthesis is not closed', opened)
    this.#at++
    this.#depth--
    return inner
  }

  #literal(character: string): Fragment {
    const symbol = PATH_ALPHABET.indexOf(character)
    // What no path contains would make a term that never holds: a slip.
    if (symbol < 0) return this.#fail(`no AS path contains ${JSON.stringify(character)}`, this.#at - 1)
    return this.#symbols(1 << symbol)
  }

  #class(): Fragment {
    const opened = this.#at - 1
    const isNegated = this.#text[this.#at] === '^'
    if (isNegated) this.#at++
    let mask = 0
    for (let isFirst = true; ; isFirst = false) {
      const from = this.#text[this.#at]
      if (from === undefined) return this.#fail('the bracket is not closed', opened)
      if (from === ']' && !isFirst) break
      this.#at++
      let to = from
      if (this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']') {
        to = this.#text[this.#at + 1] ?? ''
        this.#at += 2
      }
      const range = rangeMask(from, to)
      if (range === 0) return this.#fail(`${from}${to === from ? '' : `-${to}`} is in no AS path`, opened)
      mask |= range
    }
    this.#at++
    return this.#symbols(isNegated ? ANY & ~mask : mask)
  }

  #delimiter(): Fragment {
    const symbols = this.#symbols(DELIMITER)
    const start = this.#single(NodeKind.start)
    const end = this.#single(NodeKind.end)
    const inner = this.#node(NodeKind.split, 0, start.start, end.start)
    const outer = this.#node(NodeKind.split, 0, symbols.start, inner)
    return { start: outer, open: [...symbols.open, ...start.open, ...end.open] }
  }

  #symbols(mask: number): Fragment {
    return this.#single(NodeKind.symbols, mask)
  }

  #single(kind: NodeKind, mask = 0): Fragment {
    const node = this.#node(kind, mask)
    return { start: node, open: [node] }
  }

  /** A split whose two ways are one: goes on without anything. */
  #empty(): Fragment {
    const split = this.#node(NodeKind.split)
    return { start: split, open: [split, ~split] }
  }

  #node(kind: NodeKind, mask = 0, a = -1, b = -1): number {
    return this.#nodes.push({ kind, mask, a, b }) - 1
  }

  #join(part: Fragment, to: number): void {
    for (const end of part.open) {
      if (end >= 0) this.#nodes[end]!.a = to
      else this.#nodes[~end]!.b = to
    }
  }

  #fail(message: string, at = this.#at): Fragment {
    this.#fault ??= { message, at }
    return this.#empty()
  }
}

function rangeMask(from: string, to: string): number {
  const first = PATH_ALPHABET.indexOf(from)
  const last = PATH_ALPHABET.indexOf(to)
  if (first < 0 || last < first || to === '') return 0
  // Only digits have an order; a range of anything else is a slip.
  if (first !== last && last > 9) return 0
  let mask = 0
  for (let symbol = first; symbol <= last; symbol++) mask |= 1 << symbol
  return mask
}
