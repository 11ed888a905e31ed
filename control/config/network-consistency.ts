/**
 * Networks whose subnets do not overlap and whose targets are not automatic ones, pools with addresses to give, and
 * connections between different networks.
 */
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import { formatPrefix } from '../../rib/model/route-key.ts'
import { formatRouteTarget } from '../../rib/model/route-target.ts'
import { prefixRange } from './address-range.ts'
import { automaticTargetRange, largestNetworkIndex } from './automatic-target.ts'
import type {
  FloatingIpPoolDocument,
  NetworkConnectionDocument,
  VirtualNetworkDocument,
} from './documents.ts'
import { documentTitle, resolveReference, scopedName } from './documents.ts'
import type { ConfigProblem } from './problem.ts'
import { isWithin, overlaps, repeated } from './sourced.ts'
import type { Sourced } from './sourced.ts'

export function networkProblems(
  { document, source }: Sourced<VirtualNetworkDocument>,
  localAs: number | undefined,
): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const { subnets, routeTargets } = document.spec
  for (const [index, { cidr, gateway, dnsServer }] of subnets.entries()) {
    const range = prefixRange(cidr)
    for (const [key, address] of [
      ['gateway', gateway],
      ['dnsServer', dnsServer],
    ] as const) {
      if (address === undefined || address === 'none' || isWithin(address, range)) continue
      const message = `${formatIpAddress(address)} is outside ${formatPrefix(cidr)}`
      problems.push(source.problem(['spec', 'subnets', index, key], message))
    }
    for (const earlier of subnets.slice(0, index)) {
      if (!overlaps(prefixRange(earlier.cidr), range)) continue
      const message = `${formatPrefix(cidr)} overlaps ${formatPrefix(earlier.cidr)} of the same network`
      problems.push(source.problem(['spec', 'subnets', index, 'cidr'], message))
    }
  }
  for (const key of ['both', 'import', 'export'] as const) {
    for (const [index, target] of routeTargets[key].entries()) {
      const range = localAs === undefined ? undefined : automaticTargetRange(localAs)
      if (range === undefined || target < range.first || target > range.last) continue
      problems.push(
        source.problem(
          ['spec', 'routeTargets', key, index],
          `${formatRouteTarget(target)} is in the range of automatic targets`,
          `${formatRouteTarget(range.first)} and above belong to heddle; take a smaller number`,
        ),
      )
    }
  }
  return problems
}

/** Numbers given to two networks, or beyond what the automatic targets of our AS can hold. */
export function networkIdProblems(
  networks: readonly Sourced<VirtualNetworkDocument>[],
  localAs: number | undefined,
): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const holders = new Map<number, string>()
  const largest = localAs === undefined ? Infinity : largestNetworkIndex(localAs)
  for (const { document, source } of networks) {
    const { networkID } = document.spec
    if (networkID === undefined) continue
    const path = ['spec', 'networkID']
    const holder = holders.get(networkID)
    const key = scopedName(document.metadata)
    if (networkID > largest)
      problems.push(source.problem(path, `networkID is at most ${largest} in AS ${localAs}`))
    if (holder === undefined) holders.set(networkID, key)
    else if (holder !== key)
      problems.push(source.problem(path, `networkID ${networkID} is that of ${holder} already`))
  }
  return problems
}

export function poolProblems(
  { document, source }: Sourced<FloatingIpPoolDocument>,
  networks: readonly Sourced<VirtualNetworkDocument>[],
): ConfigProblem[] {
  const key = resolveReference(document.spec.virtualNetwork, document.metadata.namespace)
  const network = networks.find((candidate) => scopedName(candidate.document.metadata) === key)
  if (!network) return []
  const subnets = network.document.spec.subnets
  if (subnets.length === 0) {
    const hint = `add subnets to ${documentTitle(network.document)}`
    return [
      source.problem(['spec', 'virtualNetwork'], `network ${key} has no subnet to take addresses from`, hint),
    ]
  }
  return (document.spec.ranges ?? []).flatMap((range, index) => {
    const isInside = subnets.some(({ cidr }) => {
      const whole = prefixRange(cidr)
      return isWithin(range.first, whole) && isWithin(range.last, whole)
    })
    if (isInside) return []
    const text = `${formatIpAddress(range.first)}-${formatIpAddress(range.last)}`
    const hint = `its subnets are ${subnets.map(({ cidr }) => formatPrefix(cidr)).join(', ')}`
    return [source.problem(['spec', 'ranges', index], `${text} is in no subnet of network ${key}`, hint)]
  })
}

export function connectionProblems(
  connections: readonly Sourced<NetworkConnectionDocument>[],
): ConfigProblem[] {
  return connections.flatMap((connection) =>
    repeated(connection, ['spec', 'networks'], connection.document.spec.networks, (network) =>
      resolveReference(network, connection.document.metadata.namespace),
    ),
  )
}
