/**
 * Compute nodes with an address and labels of their own, ports whose addresses lie in their network and are theirs alone,
 * floating IPs that name a port once.
 */
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import { formatPrefix } from '../../rib/model/route-key.ts'
import { prefixRange } from './address-range.ts'
import type {
  ComputeNodeDocument,
  FloatingIpDocument,
  PortDocument,
  VirtualNetworkDocument,
} from './documents.ts'
import { documentTitle, resolveReference, scopedName } from './documents.ts'
import type { ConfigProblem } from './problem.ts'
import { isWithin, repeated } from './sourced.ts'
import type { Sourced } from './sourced.ts'

export function nodeProblems(nodes: readonly Sourced<ComputeNodeDocument>[]): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const byAddress = new Map<string, string>()
  for (const { document, source } of nodes) {
    const { address, labels } = document.spec
    if (labels.from > labels.to) {
      const hint = `write {from: ${labels.to}, to: ${labels.from}}`
      problems.push(source.problem(['spec', 'labels', 'to'], 'the label range ends before it starts', hint))
    }
    const text = formatIpAddress(address)
    const other = byAddress.get(text)
    if (other !== undefined && other !== document.metadata.name) {
      problems.push(
        source.problem(
          ['spec', 'address'],
          `${text} is that of ComputeNode ${other} already`,
          'a route distinguisher begins with the address of the node, so it must be its own',
        ),
      )
    } else byAddress.set(text, document.metadata.name)
  }
  return problems
}

export function portProblems(
  ports: readonly Sourced<PortDocument>[],
  networks: readonly Sourced<VirtualNetworkDocument>[],
): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const holders = new Map<string, string>()
  const byKey = new Map(networks.map((network) => [scopedName(network.document.metadata), network.document]))
  for (const { document, source } of ports) {
    const networkKey = resolveReference(document.spec.virtualNetwork, document.metadata.namespace)
    const subnets = byKey.get(networkKey)?.spec.subnets ?? []
    for (const [index, address] of document.spec.addresses.entries()) {
      const path = ['spec', 'addresses', index]
      const text = formatIpAddress(address)
      if (subnets.length > 0 && !subnets.some(({ cidr }) => isWithin(address, prefixRange(cidr)))) {
        const hint = `its subnets are ${subnets.map(({ cidr }) => formatPrefix(cidr)).join(', ')}`
        problems.push(source.problem(path, `${text} is in no subnet of network ${networkKey}`, hint))
      }
      const holder = holders.get(`${networkKey} ${text}`)
      if (holder !== undefined) problems.push(source.problem(path, `${text} is that of ${holder} already`))
      else holders.set(`${networkKey} ${text}`, documentTitle(document))
    }
  }
  return problems
}

export function floatingIpProblems(floatingIp: Sourced<FloatingIpDocument>): ConfigProblem[] {
  const { namespace } = floatingIp.document.metadata
  return repeated(floatingIp, ['spec', 'ports'], floatingIp.document.spec.ports, (port) =>
    resolveReference(port, namespace),
  )
}
