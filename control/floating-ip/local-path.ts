/**
 * The paths that heddle makes itself, for ports whose compute node is configured (static mode; pure):
 *
 *   VRF of the port's network    10.1.1.3/32           label of the port, next hop = the node
 *   VRF of the pool's network    101.101.101.252/32    the same label and next hop
 *
 * just as an agent on that node would publish them: encapsulations of the node, and an instance id (the low half of the
 * RD) that stands for the VRF, here the number of the network.
 */
import type { Desired, DesiredNetwork, DesiredNode, DesiredPort } from '../config/desired.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { formatPrefix } from '../../rib/model/route-key.ts'
import type { Prefix } from '../../rib/model/route-key.ts'
import type { Allocations } from './allocation.ts'
import type { Labels } from './label-allocation.ts'

export interface LocalPath {
  readonly vrf: string
  readonly prefix: Prefix
  readonly node: DesiredNode
  readonly label: number
  readonly instanceId: number
  readonly port: string
  /** Key of the floating IP, or undefined for the port's own address. */
  readonly floatingIp: string | undefined
}

export function wantedLocalPaths(desired: Desired, allocations: Allocations, labels: Labels): LocalPath[] {
  const nodes = new Map(desired.nodes.map((node) => [node.name, node]))
  const networks = new Map(desired.networks.map((network) => [network.key, network]))
  const ports = new Map(desired.ports.map((port) => [port.key, port]))
  const paths: LocalPath[] = []
  const add = (
    network: DesiredNetwork | undefined,
    port: DesiredPort,
    address: IpAddress,
    floatingIp?: string,
  ): void => {
    const node = port.node === undefined ? undefined : nodes.get(port.node)
    const label = node && labels.get(node.name)?.byPort.get(port.key)
    if (!network || !node || label === undefined) return
    const prefix = { address, length: address.length * 8 }
    paths.push({
      vrf: network.vrf,
      prefix,
      node,
      label,
      instanceId: network.index,
      port: port.key,
      floatingIp,
    })
  }
  for (const port of desired.ports) {
    for (const address of port.addresses) add(networks.get(port.network), port, address)
  }
  for (const floatingIp of desired.floatingIps) {
    const allocation = allocations.get(floatingIp.key)
    if (!allocation) continue
    for (const key of floatingIp.ports) {
      const port = ports.get(key)
      if (!port || !translates(port, allocation.address)) continue
      add(networks.get(allocation.network), port, allocation.address, floatingIp.key)
    }
  }
  return paths
}

/** A floating IP stands for an address of its own family (kubernetes reference 2.1). */
export function translates(port: DesiredPort, floating: IpAddress): boolean {
  return port.addresses.some((address) => address.length === floating.length)
}

/** Tells local paths apart: the same VRF, prefix, node (with its address) and label is the same path. */
export function localPathKey(path: LocalPath): string {
  return `${path.vrf} ${formatPrefix(path.prefix)} ${path.node.name} ${path.node.address.join('.')} ${path.label}`
}
