/**
 * Extended communities of the agent channel that rib/model does not name (agent-channel reference 5.4), and the two
 * that take a pair of communities where the AS number has four octets:
 *
 *   80 04 asn2 iiii iiii                           security group;  80 84: tag
 *   82 04 asn4 xxxx   with   80 04 xxxx iiii iiii  the same, joined by an index x
 *   06 03 six octets                               router MAC
 *   03 AA ff 00 b0 00 00 00                        load balance: fields f, source bias b
 *   C0 00 ssss ssss 00 00                          local sequence (not transitive)
 */
import type { ExtCommunities } from '../../rib/model/ext-community.ts'
import type { LoadBalance } from './inet-item.ts'

type Words = [high: number, low: number]

const ROUTER_MAC = 0x0603
const LOAD_BALANCE = 0x03aa
const LOCAL_SEQUENCE = 0xc000
export const SECURITY_GROUP = 0x04
export const TAG = 0x84
const SOURCE_BIAS = 0x80000000

export function routerMacCommunity(mac: Uint8Array): Words {
  return [
    (ROUTER_MAC << 16) | (mac[0] << 8) | mac[1],
    (mac[2] << 24) | (mac[3] << 16) | (mac[4] << 8) | mac[5],
  ]
}

export function localSequenceCommunity(sequence: number): Words {
  return [(LOCAL_SEQUENCE << 16) | (sequence >>> 16), sequence << 16]
}

export function localSequenceOf(list: ExtCommunities): number {
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] >>> 16 === LOCAL_SEQUENCE) return ((list[i] << 16) | (list[i + 1] >>> 16)) >>> 0
  }
  return 0
}

export function loadBalanceCommunity(loadBalance: LoadBalance): Words {
  return [(LOAD_BALANCE << 16) | (loadBalance.fields << 8), loadBalance.hasSourceBias ? SOURCE_BIAS | 0 : 0]
}

export function loadBalanceOf(list: ExtCommunities): LoadBalance | undefined {
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] >>> 16 !== LOAD_BALANCE) continue
    return { fields: (list[i] >>> 8) & 0xf8, hasSourceBias: (list[i + 1] & SOURCE_BIAS) !== 0 }
  }
  return undefined
}

/** Communities of a list of numbers of one kind under our AS. */
export function numberedCommunities(kind: number, asn: number, ids: readonly number[]): Words[] {
  if (asn <= 0xffff) return ids.map((id) => [(0x8000 << 16) | (kind << 16) | asn, id | 0])
  return ids.flatMap((id, at): Words[] => [
    [(0x8200 << 16) | (kind << 16) | (asn >>> 16), (asn << 16) | (at + 1)],
    [(0x8000 << 16) | (kind << 16) | (at + 1), id | 0],
  ])
}

/** Numbers of one kind in a list: those under our AS, and those of any AS that `isGlobal` says mean the same everywhere. */
export function numbersOf(
  list: ExtCommunities,
  kind: number,
  scope: { readonly localAs: number; isGlobal(id: number): boolean },
): number[] {
  const asnOfIndex = new Map<number, number>()
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] >>> 16 !== (0x8200 | kind)) continue
    asnOfIndex.set(list[i + 1] & 0xffff, (((list[i] & 0xffff) << 16) | (list[i + 1] >>> 16)) >>> 0)
  }
  const numbers: number[] = []
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] >>> 16 !== (0x8000 | kind)) continue
    const asn = asnOfIndex.get(list[i] & 0xffff) ?? list[i] & 0xffff
    const id = list[i + 1] >>> 0
    if (asn === scope.localAs || scope.isGlobal(id)) numbers.push(id)
  }
  return numbers
}
