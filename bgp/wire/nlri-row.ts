/** How the NLRI of a family is read and written; nlri-rows.ts has one for each. */
import type { NlriCursor } from './nlri-cursor.ts'
import type { NlriRun } from './nlri-run.ts'

export interface NlriRow {
  /** Decodes [start, end) and appends it to the run; false when the field is malformed. */
  readonly decode: (octets: Uint8Array, start: number, end: number, run: NlriRun) => boolean
  /** Writes routes from the cursor while they fit below `limit`; returns the offset behind the last. */
  readonly encode: (octets: Uint8Array, at: number, limit: number, cursor: NlriCursor) => number
  /** Octets of the longest NLRI. */
  readonly maxOctets: number
}
