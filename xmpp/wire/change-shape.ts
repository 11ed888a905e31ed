/**
 * Changes of routes that look like the agent's last one: an agent publishes its routes with the same text, but for
 * prefix, label and the ids of the stanzas. What was read once element by element is from then on a pattern of octets:
 *
 *   <iq .. id="ID" ..><publish node="1/1/vrf/PREFIX"> .. <address>PREFIX</address> .. <label>LABEL</label> .. </iq>
 *   blanks
 *   <iq .. id="ID" ..><collection node="vrf"><associate node="1/1/vrf/PREFIX" /></collection> .. </iq>
 *
 * Everything else is equal octet by octet, so everything else means the same: VRF, verb, attributes. Whatever does not
 * fit, and every number that is not written in the plainest way, goes the long way.
 */
import { MAX_LABEL } from '../../rib/model/label.ts'

const Part = { literal: 0, id: 1, prefix: 2, label: 3, blanks: 4 } as const
type Part = (typeof Part)[keyof typeof Part]

interface Hole {
  readonly part: Part
  readonly start: number
  readonly end: number
}

const ZERO = 0x30
const DOT = 0x2e
const SLASH = 0x2f
const MAX_ID_LENGTH = 64

/** One octet after the other; fields hold what the last match read. */
export class ChangeShape {
  /** Key of the route (route-key.ts). */
  readonly key = new Int32Array(2)
  label = 0
  readonly #parts: readonly Part[]
  readonly #literals: readonly Buffer[]
  #at = 0
  #prefixAt = 0
  #prefixEnd = 0

  private constructor(parts: readonly Part[], literals: readonly Buffer[]) {
    this.#parts = parts
    this.#literals = literals
  }

  /** The shape of two stanzas about one IPv4 prefix; undefined where they have none that is sure. */
  static of(publish: string, collection: string, prefix: string): ChangeShape | undefined {
    const inPublish = prefixHoles(publish, prefix)
    const inCollection = prefixHoles(collection, prefix)
    const labels = [...publish.matchAll(/<label>[0-9]{1,7}<\/label>/g)]
    if (inPublish.length !== 2 || inCollection.length !== 1 || labels.length !== 1) return undefined
    const labelAt = labels[0]!.index + '<label>'.length
    const label = {
      part: Part.label,
      start: labelAt,
      end: labels[0]!.index + labels[0]![0].length - '</label>'.length,
    }
    const parts: Part[] = []
    const literals: Buffer[] = []
    cut(publish, [...idHole(publish), ...inPublish, label], parts, literals)
    parts.push(Part.blanks)
    cut(collection, [...idHole(collection), ...inCollection], parts, literals)
    return new ChangeShape(parts, literals)
  }

  /** Where a change of this shape that begins at `at` ends; -1 when none does, or not all of it is there. */
  // hot: once per route
  match(octets: Uint8Array, at: number): number {
    this.#at = skipBlanks(octets, at)
    this.#prefixEnd = 0
    let literal = 0
    for (const part of this.#parts) {
      if (
        part === Part.literal ? !this.#literal(octets, this.#literals[literal++]!) : !this.#hole(octets, part)
      )
        return -1
    }
    return this.#at
  }

  #hole(octets: Uint8Array, part: Part): boolean {
    switch (part) {
      case Part.id:
        return this.#id(octets)
      case Part.prefix:
        return this.#prefixEnd === 0 ? this.#prefix(octets) : this.#samePrefix(octets)
      case Part.label:
        return this.#label(octets)
      default:
        this.#at = skipBlanks(octets, this.#at)
        return true
    }
  }

  #literal(octets: Uint8Array, literal: Buffer): boolean {
    const end = this.#at + literal.length
    if (end > octets.length || literal.compare(octets, this.#at, end) !== 0) return false
    this.#at = end
    return true
  }

  #id(octets: Uint8Array): boolean {
    const start = this.#at
    while (isIdOctet(octets[this.#at]) && this.#at - start <= MAX_ID_LENGTH) this.#at++
    return this.#at > start
  }

  #prefix(octets: Uint8Array): boolean {
    this.#prefixAt = this.#at
    let address = 0
    for (let i = 0; i < 4; i++) {
      const value = this.#number(octets, 255)
      if (value < 0 || octets[this.#at++] !== (i < 3 ? DOT : SLASH)) return false
      address = (address << 8) | value
    }
    const length = this.#number(octets, 32)
    // Bits beyond the length are cleared the long way.
    if (length < 0 || (length < 32 && address << length !== 0)) return false
    this.key[0] = length
    this.key[1] = address
    this.#prefixEnd = this.#at
    return true
  }

  #samePrefix(octets: Uint8Array): boolean {
    const offset = this.#at - this.#prefixAt
    for (let i = this.#prefixAt; i < this.#prefixEnd; i++) if (octets[i] !== octets[i + offset]) return false
    this.#at += this.#prefixEnd - this.#prefixAt
    return true
  }

  #label(octets: Uint8Array): boolean {
    this.label = this.#number(octets, MAX_LABEL)
    return this.label > 0
  }

  /** A decimal number without leading zeros; -1 for anything else. */
  #number(octets: Uint8Array, max: number): number {
    const start = this.#at
    let value = 0
    for (; isDigit(octets[this.#at]) && value <= max; this.#at++)
      value = value * 10 + octets[this.#at]! - ZERO
    const digits = this.#at - start
    return digits === 0 || value > max || (digits > 1 && octets[start] === ZERO) ? -1 : value
  }
}

/** Where the prefix stands by itself: behind a slash or a tag, before a quote or a tag. */
function prefixHoles(text: string, prefix: string): Hole[] {
  const holes: Hole[] = []
  for (let at = text.indexOf(prefix); at >= 0; at = text.indexOf(prefix, at + 1)) {
    const end = at + prefix.length
    if (!'/>'.includes(text[at - 1] ?? '') || !'"\'<'.includes(text[end] ?? '')) return []
    holes.push({ part: Part.prefix, start: at, end })
  }
  return holes
}

/** The id of a stanza, where its start tag has one. */
function idHole(text: string): Hole[] {
  const tag = text.slice(0, text.indexOf('>'))
  const found = /[ \t\r\n]id="([0-9A-Za-z_.:-]{1,64})"/.exec(tag)
  if (!found) return []
  const end = found.index + found[0].length - 1
  return [{ part: Part.id, start: end - found[1]!.length, end }]
}

function cut(text: string, holes: readonly Hole[], parts: Part[], literals: Buffer[]): void {
  let from = 0
  for (const { part, start, end } of holes.toSorted((a, b) => a.start - b.start)) {
    parts.push(Part.literal, part)
    literals.push(Buffer.from(text.slice(from, start)))
    from = end
  }
  parts.push(Part.literal)
  literals.push(Buffer.from(text.slice(from)))
}

function skipBlanks(octets: Uint8Array, from: number): number {
  let at = from
  while (octets[at] === 0x0a || octets[at] === 0x20 || octets[at] === 0x0d || octets[at] === 0x09) at++
  return at
}

function isDigit(octet: number | undefined): boolean {
  return octet !== undefined && octet >= ZERO && octet <= ZERO + 9
}

function isIdOctet(octet: number | undefined): boolean {
  if (octet === undefined) return false
  return (
    isDigit(octet) ||
    (octet >= 0x41 && octet <= 0x5a) ||
    (octet >= 0x61 && octet <= 0x7a) ||
    octet === 0x5f ||
    octet === 0x2d ||
    octet === DOT ||
    octet === 0x3a
  )
}
