/**
 * The sink's reading of the agent channel: items and retracts into holdings, without an XML parser. Of an item it takes
 * prefix, and address and label of every next hop:
 *
 *   <item id="12.0.0.1/32"> ... <next-hop> .. <address>10.200.0.1</address> .. <label>16</label> .. </next-hop> ... </item>
 *   <retract id="12.0.0.1/32" />
 *
 * Items of one daemon differ in their numbers, hardly in anything else, so the places of the next one are guessed from
 * the last: the guess is checked at each place, and what does not fit is searched for.
 */
import { itemContent, nextHopContent } from './content.ts'
import type { Holdings } from './holdings.ts'

const ID = Buffer.from(' id="')
const ITEM_END = Buffer.from('</item>')
const NEXT_HOPS = Buffer.from('<next-hops>')
const ADDRESS = Buffer.from('<address>')
const LABEL = Buffer.from('<label>')
const NEXT_HOP_END = Buffer.from('</next-hop>')
const ITEM_START = Buffer.from('<item id="')
const HOP_ADDRESS = Buffer.from('</af><address>')
const HOPS_END = Buffer.from('</next-hop></next-hops>')
const LT = 0x3c
const QUOTE = 0x22
const DOT = 0x2e
const ZERO = 0x30
/** `<item` and `<retract` before the id. */
const ITEM_TAG_LENGTH = 5
/** The last letters of the two names. */
const LAST_OF_ITEM = 0x6d
const LAST_OF_RETRACT = 0x74

/** Where a number or an address that was read ends. */
let readEnd = 0

// hot: once per read
/** Applies what is whole; returns where the rest begins. */
export function scanItems(octets: Buffer, holdings: Holdings): number {
  let at = 0
  for (;;) {
    const next = scanAsBefore(octets, at, holdings)
    if (next > 0) {
      at = next
      continue
    }
    const id = octets.indexOf(ID, at)
    if (id < 0) break
    const start = id + ID.length
    if (octets.indexOf(QUOTE, start) < 0) return tagStart(octets, at)
    const before = octets[id - 1]
    if (before === LAST_OF_RETRACT) {
      holdings.drop(readAddress(octets, start))
      at = start
    } else if (before === LAST_OF_ITEM) {
      const quick = scanAsBefore(octets, id - ITEM_TAG_LENGTH, holdings)
      if (quick > 0) {
        at = quick
        continue
      }
      const end = octets.indexOf(ITEM_END, start)
      if (end < 0) return id - ITEM_TAG_LENGTH
      holdings.put(readAddress(octets, start), contentOf(octets, start))
      learn(octets, start, end)
      at = end + ITEM_END.length
    } else {
      at = start
    }
  }
  return tagStart(octets, at)
}

/**
 * Octets between what differs in an item with one next hop, as the last one had them; 0: unknown.
 *
 *   <item id="PREFIX"> address PREFIX .. </af><address>ADDRESS .. <label>LABEL .. </next-hop></next-hops> .. </item>
 *                    |--- twice PREFIX and toAddress ---|      |-toLabel-|    |-toHopsEnd-|           |
 *                                                                             |------- toEnd ---------|
 */
const gaps = { toAddress: 0, toLabel: 0, toHopsEnd: 0, toEnd: 0 }

function learn(octets: Buffer, start: number, end: number): void {
  const prefixEnd = octets.indexOf(QUOTE, start)
  const address = octets.indexOf(HOP_ADDRESS, prefixEnd) + HOP_ADDRESS.length
  readAddress(octets, address)
  const addressEnd = readEnd
  const label = octets.indexOf(LABEL, addressEnd) + LABEL.length
  readNumber(octets, label)
  const hopsEnd = octets.indexOf(HOPS_END, readEnd)
  const isOneHop = hopsEnd >= 0 && hopsEnd < end && octets.indexOf(NEXT_HOP_END, readEnd) === hopsEnd
  gaps.toAddress = isOneHop ? address - prefixEnd - (prefixEnd - start) : 0
  gaps.toLabel = label - addressEnd
  gaps.toHopsEnd = hopsEnd - readEnd
  gaps.toEnd = end - readEnd
}

// hot: once per item
/** Applies the item at `at` when it looks like the last one; where it ends, or 0. */
function scanAsBefore(octets: Buffer, at: number, holdings: Holdings): number {
  if (gaps.toAddress === 0 || !stands(ITEM_START, octets, at)) return 0
  const start = at + ITEM_START.length
  const prefix = readAddress(octets, start)
  let prefixEnd = readEnd
  while (prefixEnd < start + 18 && octets[prefixEnd] !== QUOTE) prefixEnd++
  const addressAt = prefixEnd + (prefixEnd - start) + gaps.toAddress
  if (!stands(HOP_ADDRESS, octets, addressAt - HOP_ADDRESS.length)) return 0
  const address = readAddress(octets, addressAt)
  const labelAt = readEnd + gaps.toLabel
  if (!stands(LABEL, octets, labelAt - LABEL.length)) return 0
  const label = readNumber(octets, labelAt)
  const end = readEnd + gaps.toEnd
  if (!stands(HOPS_END, octets, readEnd + gaps.toHopsEnd) || !stands(ITEM_END, octets, end)) return 0
  holdings.put(prefix, itemContent(prefix, nextHopContent(address, label)))
  return end + ITEM_END.length
}

/** False beyond the end, too. */
function stands(pattern: Buffer, octets: Buffer, at: number): boolean {
  for (let i = 0; i < pattern.length; i++) if (octets[at + i] !== pattern[i]) return false
  return true
}

/** Content of the item whose id is at `start`. */
function contentOf(octets: Buffer, start: number): number {
  const prefix = readAddress(octets, start)
  let sum = 0
  let at = octets.indexOf(NEXT_HOPS, start) + NEXT_HOPS.length
  do {
    const address = readAddress(octets, octets.indexOf(ADDRESS, at) + ADDRESS.length)
    const label = readNumber(octets, octets.indexOf(LABEL, readEnd) + LABEL.length)
    sum = (sum + nextHopContent(address, label)) | 0
    at = octets.indexOf(NEXT_HOP_END, readEnd) + NEXT_HOP_END.length
    while (octets[at] <= 0x20) at++
    // `<next-hop>` goes on, `</next-hops>` ends the set.
  } while (octets[at + 1] !== 0x2f)
  return itemContent(prefix, sum)
}

function readAddress(octets: Buffer, at: number): number {
  let word = 0
  readEnd = at
  for (let i = 0; i < 4; i++) {
    word = (word << 8) | readNumber(octets, readEnd)
    if (octets[readEnd] === DOT) readEnd++
  }
  return word
}

function readNumber(octets: Buffer, at: number): number {
  let value = 0
  let end = at
  for (; octets[end] >= ZERO && octets[end] <= ZERO + 9; end++) value = value * 10 + octets[end] - ZERO
  readEnd = end
  return value
}

/** The last tag behind `at`: it may not be whole. */
function tagStart(octets: Buffer, at: number): number {
  const last = octets.lastIndexOf(LT)
  return last > at ? last : at
}
