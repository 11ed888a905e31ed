/**
 * A crowd of simulated agents, ten in each VRF, and gateways that look on: who they are, and what everyone should hold.
 *
 *   VRF v    its agents' routes are 12.0.0.0 + v * routes of a VRF and on      gateways: all routes of all VRFs
 */
import { Family } from '../../../rib/model/family.ts'
import type { NetworkSetup, Setup } from '../daemons/setup.ts'
import { HOLD_TIME_SEC, vpnPeers } from '../daemons/setup.ts'
import { FIRST_ITEM_PREFIX } from '../load/agent-feed.ts'
import type { AgentSpec } from '../load/agent-feed.ts'
import type { BgpEndSpec } from '../load/bgp-end.ts'
import { sumOf } from '../load/holdings.ts'
import type { Expectation } from '../load/holdings.ts'
import type { AgentFacts } from '../load/load-calls.ts'

export interface CrowdSize {
  readonly networks: number
  readonly agentsEach: number
  readonly routesEach: number
  readonly gateways: number
}

export function crowdAgents(size: CrowdSize): AgentSpec[] {
  const perNetwork = size.agentsEach * size.routesEach
  return Array.from({ length: size.networks * size.agentsEach }, (_, number) => {
    const network = Math.floor(number / size.agentsEach)
    return {
      number,
      network,
      address: agentAddress(number),
      routes: { first: FIRST_ITEM_PREFIX + number * size.routesEach, count: size.routesEach },
      range: { first: FIRST_ITEM_PREFIX + network * perNetwork, count: perNetwork },
    }
  })
}

/** 127.64.0.1 and on. */
export function agentAddress(number: number): string {
  const host = number + 1
  return `127.${64 + (host >>> 16)}.${(host >>> 8) & 255}.${host & 255}`
}

export function crowdGateways(count: number, routes: number): BgpEndSpec[] {
  return Array.from({ length: count }, (_, i) => ({
    address: `127.3.0.${i + 1}`,
    holdTimeSec: HOLD_TIME_SEC,
    range: { first: FIRST_ITEM_PREFIX, count: routes },
    families: [Family.inetVpn],
  }))
}

export function crowdSetup(gateways: readonly BgpEndSpec[], networks: readonly NetworkSetup[]): Setup {
  return { peers: vpnPeers(gateways), networks }
}

/** Gateways first, then agents: what each holds when the agents of all networks but `without` have published. */
export function crowdExpectation(
  specs: readonly AgentSpec[],
  facts: readonly AgentFacts[],
  gateways: number,
  without?: number,
): Expectation[] {
  const publishing = specs.map(({ network }) => network !== without)
  const atGateway = sumOf(facts.filter((_, i) => publishing[i]).map(({ vpnRoutes }) => vpnRoutes))
  const byNetwork = new Map<number, Expectation>()
  for (const [i, { network }] of specs.entries()) {
    const held = byNetwork.get(network) ?? { count: 0, checksum: 0 }
    byNetwork.set(network, publishing[i] ? sumOf([held, facts[i]!.items]) : held)
  }
  return [
    ...Array.from({ length: gateways }, () => atGateway),
    ...specs.map(({ network }) => byNetwork.get(network)!),
  ]
}
