/**
 * The attributes of one UPDATE while they are decoded, and the step to the value the rib keeps: AS4_PATH and
 * AS4_AGGREGATOR are folded in (RFC 6793 §4.2.3), lists are put in canonical order.
 */
import { AS_TRANS, emptyAsPath } from '../../rib/model/as-path.ts'
import type { AsPath } from '../../rib/model/as-path.ts'
import { Origin } from '../../rib/model/attr-set.ts'
import type { Aggregator, Attributes, RawAttribute } from '../../rib/model/attr-set.ts'
import type { LargeCommunity } from '../../rib/model/community.ts'
import { noExtCommunities } from '../../rib/model/ext-community.ts'
import type { ExtCommunities } from '../../rib/model/ext-community.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { mergeAs4Path } from './as-path-codec.ts'

/** Undefined and empty fields are attributes that were absent or discarded. Nothing in a draft is a view of the input. */
export interface AttributeDraft {
  /** The UPDATE has plain NLRI, for which NEXT_HOP counts. */
  readonly hasPlainReach: boolean
  origin: Origin | undefined
  asPath: AsPath | undefined
  nextHop: IpAddress | undefined
  med: number | undefined
  localPref: number | undefined
  atomicAggregate: boolean
  aggregator: Aggregator | undefined
  communities: readonly number[]
  originatorId: number | undefined
  clusterList: readonly number[]
  extCommunities: ExtCommunities
  as4Path: AsPath | undefined
  as4Aggregator: Aggregator | undefined
  largeCommunities: readonly LargeCommunity[]
  unknown: RawAttribute[]
}

export function emptyDraft(hasPlainReach: boolean): AttributeDraft {
  return {
    hasPlainReach,
    origin: undefined,
    asPath: undefined,
    nextHop: undefined,
    med: undefined,
    localPref: undefined,
    atomicAggregate: false,
    aggregator: undefined,
    communities: [],
    originatorId: undefined,
    clusterList: [],
    extCommunities: noExtCommunities,
    as4Path: undefined,
    as4Aggregator: undefined,
    largeCommunities: [],
    unknown: [],
  }
}

/** The attributes of the routes whose next hop is `nextHop`. */
export function attributesOf(draft: AttributeDraft, nextHop: IpAddress): Attributes {
  const { as4Path, as4Aggregator, aggregator } = draft
  const asPath = draft.asPath ?? emptyAsPath
  // RFC 6793 §4.2.3: an aggregator with an AS number of its own was written by a 2-octet speaker after the AS4 attributes.
  const isOutdated = aggregator !== undefined && aggregator.asn !== AS_TRANS
  return {
    origin: draft.origin ?? Origin.incomplete,
    asPath: as4Path === undefined || isOutdated ? asPath : mergeAs4Path(asPath, as4Path),
    nextHop,
    med: draft.med,
    localPref: draft.localPref,
    atomicAggregate: draft.atomicAggregate,
    aggregator: aggregator?.asn === AS_TRANS ? (as4Aggregator ?? aggregator) : aggregator,
    communities: draft.communities,
    originatorId: draft.originatorId,
    clusterList: draft.clusterList,
    extCommunities: draft.extCommunities,
    largeCommunities: draft.largeCommunities,
    unknown: draft.unknown.length < 2 ? draft.unknown : draft.unknown.toSorted((a, b) => a.type - b.type),
  }
}
