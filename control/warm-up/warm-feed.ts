/**
 * What the peer of a rehearsal sends: a few UPDATEs of many VPN routes, many of one route, and their withdrawal.
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

/** `sets` attribute sets with `perSet` routes each, an UPDATE to a set. */
export function warmFeed(sets: number, perSet: number): WarmFeed {
  const table = new AttrTable()
  const encoder = new UpdateEncoder({ as4: true, isIbgp: true, maxMessageLength: MAX_MESSAGE_LENGTH })
  const [announce, withdraw] = [new MessagePieces(), new MessagePieces()]
  for (let set = 0; set < sets; set++) {
    const nlri = {
      words: Int32Array.from({ length: perSet * KEY_WORDS }, (_, i) => keyWord(set, perSet, i)),
      offsets: Int32Array.from({ length: perSet }, (_, i) => i * KEY_WORDS),
      labels: Int32Array.from({ length: perSet }, (_, i) => 16 + set * perSet + i),
      from: 0,
    }
    encoder.reach(announce, Family.inetVpn, setOf(table, set), nlri, perSet)
    encoder.unreach(withdraw, Family.inetVpn, nlri, perSet)
  }
  return { announce: Buffer.concat(announce.take()), withdraw: Buffer.concat(withdraw.take()) }
}

/** Half of the prefixes have the highest bit: words of both signs, as the real ones. */
function keyWord(set: number, perSet: number, at: number): number {
  const route = Math.floor(at / KEY_WORDS)
  const prefix = ((route & 1) << 31) | (0x0a000000 + set * perSet + route)
  return [RD_HIGH, set, 32, prefix][at % KEY_WORDS]!
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
