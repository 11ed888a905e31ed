/**
 * NLRI with path identifiers (RFC 7911 §3), for every family whose NLRI begins with its length in bits:
 *
 *   | path identifier (4) | NLRI as the family has it |
 *
 * The family's own codec sees one NLRI at a time, so that it need not know of identifiers, and costs nothing more where
 * there are none. Identifiers are kept as the 32 bits they are; none of them has a meaning, 0 included.
 */
import type { NlriCursor } from './nlri-cursor.ts'
import { prefixOctets, putWord, readWord } from './nlri-prefix.ts'
import type { NlriRow } from './nlri-row.ts'
import type { NlriRun } from './nlri-run.ts'

const ID_OCTETS = 4
const ID_BITS = 32

/** The codec of a family, with an identifier before each NLRI. */
export function withPathIds(row: NlriRow): NlriRow {
  return {
    decode: (octets, start, end, run) => decodePaths(row, octets, { start, end }, run),
    encode: (octets, at, limit, cursor) => encodePaths(row, octets, { at, limit }, cursor),
    maxOctets: row.maxOctets + ID_OCTETS,
  }
}

// hot: one iteration per path in both loops

function decodePaths(
  row: NlriRow,
  octets: Uint8Array,
  { start, end }: { start: number; end: number },
  run: NlriRun,
): boolean {
  run.hasPathIds = true
  for (let position = start; position < end;) {
    const nlri = position + ID_OCTETS
    if (nlri >= end) return false
    const next = nlri + 1 + prefixOctets(octets[nlri])
    const count = run.count
    if (next > end || !row.decode(octets, nlri, next, run)) return false
    // Where the family leaves the route out, the next one takes its place.
    run.pathIds[count] = readWord(octets, position, ID_BITS)
    position = next
  }
  return true
}

function encodePaths(
  row: NlriRow,
  octets: Uint8Array,
  { at, limit }: { at: number; limit: number },
  cursor: NlriCursor,
): number {
  const { end, source } = cursor
  let position = at
  while (cursor.index < end && position + ID_OCTETS < limit) {
    const { index } = cursor
    putWord(octets, position, source.pathIds![index], ID_BITS)
    cursor.end = index + 1
    const next = row.encode(octets, position + ID_OCTETS, limit, cursor)
    if (cursor.index === index) break
    position = next
  }
  cursor.end = end
  return position
}
