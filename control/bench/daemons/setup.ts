/**
 * What a daemon is configured with: where it listens, its peers, and for heddle the networks of agents.
 */
import { loadNetwork } from '../load/agent-feed.ts'
import { ASN } from '../load/vpn-feed.ts'
import { fillTemplate, readTemplate } from './template.ts'

export const HOST = '127.0.0.1'
const ROUTER_ID = '192.0.2.1'

/** Long, so that a daemon that is busy for a minute keeps its sessions; the keepalive of a peer is a third. */
export const HOLD_TIME_SEC = 240

export interface PeerSetup {
  readonly address: string
  /** heddle's names; VPN-IPv4 alone unless given. */
  readonly families?: readonly string[]
}

/** Peers for VPN-IPv4 alone. */
export function vpnPeers(ends: readonly { readonly address: string }[]): PeerSetup[] {
  return ends.map(({ address }) => ({ address }))
}

export interface NetworkSetup {
  /** Number of the network (agent-feed.ts). */
  readonly number: number
  readonly imports?: readonly string[]
}

export interface Setup {
  readonly peers: readonly PeerSetup[]
  readonly networks?: readonly NetworkSetup[]
  readonly holdTimeSec?: number
}

export interface Ports {
  readonly bgp: number
  readonly agents: number
}

export function configurationText(template: string, setup: Setup, ports: Ports): string {
  const values = {
    ASN,
    HOST,
    ROUTER_ID,
    PORT: ports.bgp,
    AGENT_PORT: ports.agents,
    HOLD_TIME: setup.holdTimeSec ?? HOLD_TIME_SEC,
  }
  const peer = setup.peers.map(({ address, families = ['inet-vpn'] }, i) => ({
    NUMBER: i,
    ADDRESS: address,
    FAMILIES: families.join(', '),
  }))
  const network = (setup.networks ?? []).map(({ number, imports = [] }) => {
    const { name, networkId, target } = loadNetwork(number)
    const quoted = imports.map((each) => `"${each}"`).join(', ')
    return { NAME: name, NETWORK_ID: networkId, TARGET: target, IMPORTS: quoted }
  })
  return fillTemplate(readTemplate(template), values, { peer, network })
}
