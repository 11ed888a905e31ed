/**
 * The sink's reading of the agent channel: items and retracts into holdings, without an XML parser. Of an item it takes
 * prefix, and address and label of every next hop:
 *
 *   <item id="12.0.0.1/32"> ... <next-hop> .. <address>10.200.0.1</address> .. <label>16</label> .. </next-hop> ... </item>
 *   <retract id="12.0.0.1/32" />
 */
import { itemContent, nextHopContent } from './content.ts'
import type { Holdings } from './holdings.ts'

const ID = Buffer.from(' id="')
const ITEM_END = Buffer.from('</item>')
const NEXT_HOPS = Buffer.from('<next-hops>')
const ADDRESS = Buffer.from('<address>')
const LABEL = Buffer.from('<label>')
const NEXT_HOP_END = Buffer.from('</next-hop>')
const LT = 0x3c
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
    const id = octets.indexOf(ID, at)
    if (id < 0) break
    const start = id + ID.length
    if (octets.indexOf(0x22, start) < 0) return tagStart(octets, at)
    const before = octets[id - 1]
    if (before === LAST_OF_RETRACT) {
      holdings.drop(readAddress(octets, start))
      at = start
    } else if (before === LAST_OF_ITEM) {
      const end = octets.indexOf(ITEM_END, start)
      if (end < 0) return id - ITEM_TAG_LENGTH
      holdings.put(readAddress(octets, start), contentOf(octets, start))
      at = end + ITEM_END.length
    } else {
      at = start
    }
  }
  return tagStart(octets, at)
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
