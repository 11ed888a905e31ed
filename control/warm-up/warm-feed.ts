/**
 * What the peer of a rehearsal sends: UPDATEs of VPN routes, and their withdrawal. Made in steps, for it is work too.
 */
import { MessagePieces } from '../../bgp/wire/message-pieces.ts'
import { UpdateEncoder } from '../../bgp/wire/update-encode.ts'
import { AttrTable } from '../../rib/attr-table.ts'
import { plainAttributes } from '../../rib/model/attr-set.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { extCommunities } from '../../rib/model/ext-community.ts'
import { Family } from '../../rib/model/family.ts'
import { ipv4OfWord } from '../../rib/model/ip-address.ts'

const AS_SEQUENCE = 2
const RD_HIGH = 64512
const MAX_MESSAGE_LENGTH = 4096
/** Words of a VPN-IPv4 key. */
const KEY_WORDS = 4

export interface WarmFeed {
  readonly announce: Uint8Array
  readonly withdraw: Uint8Array
}

export interface WarmFeedSize {
  readonly sets: number
  /** UPDATEs of each set: from the second on its octets are known. */
  readonly updatesPerSet: number
  readonly perUpdate: number
}

/** UPDATEs that are made in one step. */
const STEP_UPDATES = 32

/** UPDATE u has set u modulo `sets`. */
export function* warmFeed({ sets, updatesPerSet, perUpdate }: WarmFeedSize): Generator<undefined, WarmFeed> {
  const table = new AttrTable()
  const encoder = new UpdateEncoder({ as4: true, isIbgp: true, maxMessageLength: MAX_MESSAGE_LENGTH })
  const [announce, withdraw] = [new MessagePieces(), new MessagePieces()]
  const nlri = {
    words: new Int32Array(perUpdate * KEY_WORDS),
    offsets: Int32Array.from({ length: perUpdate }, (_, i) => i * KEY_WORDS),
    labels: new Int32Array(perUpdate),
    from: 0,
  }
  for (let update = 0; update < sets * updatesPerSet; update++) {
    const set = update % sets
    for (let i = 0; i < perUpdate; i++) {
      const route = update * perUpdate + i
      nlri.words.set([RD_HIGH, set, 32, prefixOf(route)], i * KEY_WORDS)
      nlri.labels[i] = 16 + route
    }
    encoder.reach(announce, Family.inetVpn, setOf(table, set), nlri, perUpdate)
    encoder.unreach(withdraw, Family.inetVpn, nlri, perUpdate)
    if (update % STEP_UPDATES === 0) yield
  }
  return { announce: Buffer.concat(announce.take()), withdraw: Buffer.concat(withdraw.take()) }
}

/** Half of the prefixes have the highest bit: words of both signs, as the real ones. */
function prefixOf(route: number): number {
  return ((route & 1024) << 21) | (0x0a000000 + route)
}

function setOf(table: AttrTable, set: number): AttrSet {
  return table.intern({
    ...plainAttributes,
    nextHop: ipv4OfWord(0x0a000000 + set),
    localPref: 100,
    asPath: [{ type: AS_SEQUENCE, asns: [65001, 65100 + set] }],
    extCommunities: extCommunities([[0x00020000 + RD_HIGH, set]]),
  })
}
