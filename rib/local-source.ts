/** Facts of a source that is this node itself: it has no session, and its identifier ties with nobody's. */
import { ipv4OfWord } from './model/ip-address.ts'
import { SourceKind } from './path-source.ts'
import type { SourceFacts } from './path-source.ts'
import type { RibOptions } from './rib-options.ts'

export function localSource(
  { localAs, routerId }: RibOptions,
  name: string,
  kind: SourceKind = SourceKind.local,
): SourceFacts {
  return {
    kind,
    name,
    isIbgp: false,
    isClient: false,
    asn: localAs,
    routerId: 0,
    address: ipv4OfWord(routerId),
  }
}
