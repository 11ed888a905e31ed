/**
 * What becomes of the tunnels of a route (rib/model/tunnel-encapsulation.ts) on its way in and out:
 *
 *   in     what says nothing is taken as if it said the peer's default        (control-node reference 2d)
 *   out    the receiving peer's default replaces what is there; then the form: communities, the attribute, or both
 *   eBGP   the attribute neither comes nor goes, unless it is asked for       (RFC 9012 §11)
 */
import type { Attributes } from './model/attr-set.ts'
import {
  encapsulationCommunity,
  extCommunities,
  extCommunityPairs,
  isEncapsulation,
} from './model/ext-community.ts'
import {
  TUNNEL_ENCAPSULATION,
  tunnelAttribute,
  tunnelAttributeOf,
  tunnelTypesOfRoute,
} from './model/tunnel-encapsulation.ts'

export type TunnelForm = 'community' | 'attribute' | 'both'

/** What is done on the way out. */
export interface TunnelPolicy {
  /** Tunnel types that replace those of the route. */
  readonly replacedBy: readonly number[] | undefined
  readonly form: TunnelForm
  /** An attribute that is there stays. */
  readonly keepsAttribute: boolean
}

/** Attributes without the attribute; themselves where there is none. */
export function withoutTunnelAttribute(attrs: Attributes): Attributes {
  if (!tunnelAttributeOf(attrs)) return attrs
  return { ...attrs, unknown: attrs.unknown.filter(({ type }) => type !== TUNNEL_ENCAPSULATION) }
}

/** Attributes that say these tunnels by communities where they say none; themselves where they do. */
export function withDefaultTunnels(attrs: Attributes, types: readonly number[]): Attributes {
  if (tunnelAttributeOf(attrs) || tunnelTypesOfRoute(attrs).length > 0) return attrs
  return withCommunities(attrs, types)
}

/** Attributes as they are offered; themselves where nothing changes. */
export function offeredTunnels(attrs: Attributes, policy: TunnelPolicy): Attributes {
  const { replacedBy, form, keepsAttribute } = policy
  let offered = keepsAttribute && !replacedBy ? attrs : withoutTunnelAttribute(attrs)
  if (replacedBy) offered = withCommunities(offered, replacedBy)
  return form === 'community' ? offered : inAttribute(offered, form)
}

function inAttribute(attrs: Attributes, form: 'attribute' | 'both'): Attributes {
  const communities = tunnelTypesOfCommunities(attrs)
  if (communities.length === 0) return attrs
  const before = tunnelAttributeOf(attrs)
  // RFC 9012 §4.1: a tunnel that the attribute describes is not to be said again by less.
  const known = before ? tunnelTypesOfRoute({ ...attrs, extCommunities: new Int32Array(0) }) : []
  const added = communities.filter((type) => !known.includes(type))
  const others = attrs.unknown.filter((each) => each !== before)
  const attribute = added.length === 0 && before ? before : tunnelAttribute(added, before)
  const unknown = [...others, attribute].sort((a, b) => a.type - b.type)
  return form === 'both' ? { ...attrs, unknown } : { ...withCommunities(attrs, []), unknown }
}

function tunnelTypesOfCommunities(attrs: Attributes): number[] {
  return tunnelTypesOfRoute({ ...attrs, unknown: [] })
}

/** These encapsulation communities, and no others. */
function withCommunities(attrs: Attributes, types: readonly number[]): Attributes {
  const others = extCommunityPairs(attrs.extCommunities).filter(([high]) => !isEncapsulation(high))
  return { ...attrs, extCommunities: extCommunities([...others, ...types.map(encapsulationCommunity)]) }
}
