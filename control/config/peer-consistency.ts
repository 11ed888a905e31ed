/**
 * One control node, and peers that can be told apart and are what they say.
 */
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import { formatPrefix } from '../../rib/model/route-key.ts'
import type { BgpPeerDocument, ControlNodeDocument } from './documents.ts'
import type { ConfigProblem } from './problem.ts'
import { sessionProblems, unsignedProblems } from './session-consistency.ts'
import type { Sourced } from './sourced.ts'

export function extraControlNodes(nodes: readonly Sourced<ControlNodeDocument>[]): ConfigProblem[] {
  const first = nodes[0]
  // Two of one name are duplicates, which is said already.
  return nodes
    .slice(1)
    .flatMap(({ document, source }) =>
      document.metadata.name === first!.document.metadata.name
        ? []
        : [
            source.problem(
              ['metadata', 'name'],
              `a second ControlNode, beside ${first!.document.metadata.name}`,
              'one configuration describes one control node',
            ),
          ],
    )
}

export function peerProblems(
  peers: readonly Sourced<BgpPeerDocument>[],
  localAs: number | undefined,
): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const byAddress = new Map<string, string>()
  for (const { document, source } of peers) {
    const { address, range, autonomousSystem, localAddress } = document.spec
    if ((address === undefined) === (range === undefined)) {
      problems.push(
        source.problem(
          address === undefined ? ['spec'] : ['spec', 'range'],
          address === undefined ? 'address is missing' : 'a peer has an address or a range, not both',
          'address: 192.0.2.1 for one peer, range: 192.0.2.0/24 for peers that connect from there',
          'key',
        ),
      )
    }
    const ourAs = document.spec.localAS?.as ?? localAs
    if (document.spec.routeReflectorClient && ourAs !== undefined && autonomousSystem !== ourAs) {
      problems.push(
        source.problem(
          ['spec', 'routeReflectorClient'],
          `a client of a route reflector is in our AS ${ourAs}, not in ${autonomousSystem} (RFC 4456 §1)`,
        ),
      )
    }
    if (address && localAddress && address.length !== localAddress.length) {
      problems.push(
        source.problem(['spec', 'localAddress'], 'localAddress and address are of different families'),
      )
    }
    problems.push(...sessionProblems({ document, source }, ourAs))
    // Who connects is known by the address alone, so the port does not tell two peers apart.
    const key = address ? formatIpAddress(address) : range && formatPrefix(range)
    if (key === undefined) continue
    const other = byAddress.get(key)
    if (other !== undefined && other !== document.metadata.name) {
      problems.push(
        source.problem(['spec', address ? 'address' : 'range'], `${key} is that of BGPPeer ${other} already`),
      )
    } else byAddress.set(key, document.metadata.name)
  }
  return [...problems, ...unsignedProblems(peers)]
}
