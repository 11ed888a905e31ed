/**
 * The demo itself: the way of a floating IP from a pod to the gateway, and its move to another compute node. What is said
 * of the gateway was asked of the gateway.
 */
import { Family, familyName } from '../../rib/model/family.ts'
import { formatRouteTarget } from '../../rib/model/route-target.ts'
import { RouteViewer } from '../views/route-viewer.ts'
import type { PathView } from '../views/route-view.ts'
import type { GatewayChange, HeldRoute } from './demo-gateway.ts'
import type { Narration } from './narration.ts'
import { soon } from './stage.ts'
import type { Stage } from './stage.ts'
import {
  computeOne,
  computeTwo,
  DEFAULT_ROUTE,
  GATEWAY_ROUTER_ID,
  PUBLIC_TARGET,
  PUBLIC_VRF,
} from './story.ts'
import type { Compute } from './story.ts'

export async function tell(stage: Stage, say: Narration): Promise<void> {
  await tellParts(stage, say)
  const prefix = await tellFloatingIp(stage, say)
  await tellGateway(stage, say, prefix)
  await tellWayBack(stage, say)
  await tellMove(stage, say, prefix)
}

async function tellParts({ daemon, gateway, one, two }: Stage, say: Narration): Promise<void> {
  await say.title('Who is there')
  await say.line(
    `control node  heddle, AS ${daemon.localAs}, ${daemon.routerId}, on loopback, without need of root`,
  )
  await say.line(`gateway       ${gateway.title}`)
  await say.line(`compute nodes two simulated vRouter agents`)
  const up = await soon(() => (daemon.peers()[0]?.state === 'Established' ? true : undefined))
  one.subscribe(PUBLIC_VRF, computeOne.instanceId)
  two.subscribe(PUBLIC_VRF, computeTwo.instanceId)
  const subscribed = await soon(() =>
    daemon.agents().length === 2 && daemon.agents().every((agent) => agent.subscriptions.length === 1)
      ? true
      : undefined,
  )
  const peer = daemon.peers()[0]!
  await say.title('Peers')
  await say.table(
    ['name', 'address', 'AS', 'state', 'families'],
    [[peer.name, peer.address, String(peer.asn), peer.state, peer.families.join(' ')]],
  )
  await say.claim('the BGP session with the gateway is Established', up === true, peer.state)
  const wanted = [Family.inetVpn, Family.inet6Vpn, Family.routeTarget].map(familyName)
  const agreed = wanted.every((family) => peer.families.includes(family))
  await say.claim(`both sides agreed on ${wanted.join(', ')}`, agreed, peer.families)
  await say.title('Agents')
  await say.table(
    ['name', 'compute', 'state', 'subscribed to'],
    daemon.agents().map((agent) => {
      const compute = [computeOne, computeTwo].find(({ name }) => name === agent.name)!
      return [agent.name, compute.address, agent.state, agent.subscriptions.map(({ vrf }) => vrf).join(' ')]
    }),
  )
  await say.claim('both agents are connected and subscribed', subscribed === true, daemon.agents())
  await say.title('VRFs')
  await say.table(
    ['imports', 'exports', 'VRF'],
    [...daemon.rib.instances()].map(({ name, config }) => [
      config.importTargets.map(formatRouteTarget).join(' '),
      config.exportTargets.map(formatRouteTarget).join(' '),
      name,
    ]),
  )
}

/** Pod web starts on compute-1; returns the floating IP as a prefix. */
async function tellFloatingIp({ daemon, one }: Stage, say: Narration): Promise<string> {
  await say.title('Pod web gets a floating IP')
  const { address, pool } = daemon.floatingIps()[0]!
  await say.line(
    `namespace ns-user-1, pool ${pool}, floating IP ${address ?? '(none)'} for pod web on ${computeOne.name}`,
  )
  await say.claim(
    'the pool gave an address of 101.101.101.0/24',
    address?.startsWith('101.101.101.') === true,
    address,
  )
  const prefix = `${address}/32`
  publish(one, prefix, computeOne)
  const path = await soon(() => vpnPath(daemon, computeOne, prefix))
  await say.line('the agent published it; the route in bgp.l3vpn.0:')
  if (path) {
    await say.table(
      ['RD:prefix', 'next hop', 'label', 'targets', 'encapsulation', 'from'],
      [
        [
          keyOf(computeOne, prefix),
          path.nextHop,
          String(path.label),
          path.routeTargets.join(' '),
          path.encapsulations.join(' '),
          path.source.name,
        ],
      ],
    )
  }
  const isRight = path?.nextHop === computeOne.address && path.label === computeOne.label
  await say.claim(
    `bgp.l3vpn.0 has it: next hop ${computeOne.address}, the compute node itself, label ${computeOne.label}`,
    isRight,
    path,
  )
  const status = daemon.floatingIps()[0]!
  await say.claim('heddle reports the floating IP as advertised', status.state === 'advertised', status)
  return prefix
}

async function tellGateway({ daemon, gateway }: Stage, say: Narration, prefix: string): Promise<void> {
  await say.title('What the gateway holds')
  const held = await soon(async () => (await gateway.received()).find((route) => route.prefix === prefix))
  await say.table(
    ['RD', 'prefix', 'next hop', 'label', 'targets', 'encapsulation'],
    held ? [heldRow(held)] : [],
  )
  const targets = daemon.rib.instance(PUBLIC_VRF)!.config.exportTargets.map(formatRouteTarget).toSorted()
  const wanted: HeldRoute = {
    rd: `${computeOne.address}:${computeOne.instanceId}`,
    prefix,
    label: computeOne.label,
    nextHop: computeOne.address,
    routeTargets: targets,
    encapsulations: ['gre', 'udp'],
  }
  const same = held !== undefined && JSON.stringify(sortedKeys(held)) === JSON.stringify(sortedKeys(wanted))
  await say.claim('the gateway has exactly this RD, label, next hop, targets and encapsulations', same, held)
  const line = `${prefix} via ${computeOne.address}`
  const internet = await soon(async () => ((await gateway.internet()).includes(line) ? line : undefined))
  await say.claim(
    `its VRF internet imports ${PUBLIC_TARGET}: ${line}, so soft GRE goes straight to the compute node`,
    internet !== undefined,
    await gateway.internet(),
  )
}

async function tellWayBack({ gateway, one, two }: Stage, say: Narration): Promise<void> {
  await say.title('The way back')
  await gateway.announceDefault()
  for (const agent of [one, two]) {
    const hop = await soon(() => agent.routes(PUBLIC_VRF).get(DEFAULT_ROUTE.prefix)?.nextHops[0])
    await say.claim(
      `${agent.name} was sent the gateway's ${DEFAULT_ROUTE.prefix} via ${GATEWAY_ROUTER_ID}, label ${DEFAULT_ROUTE.label}`,
      hop?.address === GATEWAY_ROUTER_ID && hop.label === DEFAULT_ROUTE.label,
      hop,
    )
  }
}

/** Pod web moves to compute-2: the new path is published before the old one is retracted. */
async function tellMove({ daemon, gateway, one, two }: Stage, say: Narration, prefix: string): Promise<void> {
  await say.title(`Pod web moves to ${computeTwo.name}`)
  const present = new Set([`${computeOne.address}:${computeOne.instanceId}`])
  const changes: (GatewayChange & { readonly atMs: number; readonly left: number })[] = []
  await gateway.watch((change) => {
    if (change.prefix !== prefix) return
    if (change.isWithdrawn) present.delete(change.rd)
    else present.add(change.rd)
    changes.push({ ...change, atMs: performance.now(), left: present.size })
  })
  const startMs = performance.now()
  publish(two, prefix, computeTwo)
  const come = await soon(() =>
    changes.find(({ nextHop, isWithdrawn }) => nextHop === computeTwo.address && !isWithdrawn),
  )
  const cameMs = come ? come.atMs - startMs : NaN
  await say.claim(
    `the gateway saw next hop ${computeTwo.address} ${cameMs.toFixed(1)} ms after the agent published it`,
    come !== undefined,
    changes,
  )
  const retractMs = performance.now()
  one.retract({ vrf: PUBLIC_VRF, prefix })
  const gone = await soon(() =>
    changes.find(({ rd, isWithdrawn }) => isWithdrawn && rd.startsWith(`${computeOne.address}:`)),
  )
  const goneMs = gone ? gone.atMs - retractMs : NaN
  await say.claim(
    `and lost the old one ${goneMs.toFixed(1)} ms after its retract`,
    gone !== undefined,
    changes,
  )
  const neverWithout = changes.length > 0 && changes.every(({ left }) => left > 0)
  await say.claim(
    'at no moment was it without a path: the new came before the old went',
    neverWithout,
    changes,
  )
  const left = await soon(async () => {
    const routes = (await gateway.received()).filter((route) => route.prefix === prefix)
    return routes.length === 1 ? routes[0] : undefined
  })
  if (left)
    await say.table(['RD', 'prefix', 'next hop', 'label', 'targets', 'encapsulation'], [heldRow(left)])
  await say.claim(
    `what it holds now: label ${computeTwo.label} via ${computeTwo.address}, the same address`,
    left?.nextHop === computeTwo.address && left.label === computeTwo.label,
    left,
  )
  const status = daemon.floatingIps()[0]!
  await say.claim('the floating IP kept its address', `${status.address}/32` === prefix, status)
}

function publish(agent: Stage['one'], prefix: string, { label }: Compute): void {
  agent.publish({ vrf: PUBLIC_VRF, prefix, label, encapsulations: ['gre', 'udp'] })
}

function keyOf({ address, instanceId }: Compute, prefix: string): string {
  return `${address}:${instanceId}:${prefix}`
}

/** The best path of a compute's route in bgp.l3vpn.0. */
function vpnPath(daemon: Stage['daemon'], compute: Compute, prefix: string): PathView | undefined {
  const table = daemon.rib.master(Family.inetVpn)!
  const viewer = new RouteViewer(daemon)
  for (let row = 1; row < table.routes.rowCount; row++) {
    const route = viewer.view(table, row, () => true)
    if (route?.key === keyOf(compute, prefix)) return route.paths[0]
  }
  return undefined
}

function heldRow(route: HeldRoute): string[] {
  const { rd, prefix, nextHop, label, routeTargets, encapsulations } = route
  return [rd, prefix, nextHop, String(label), routeTargets.join(' '), encapsulations.join(' ')]
}

function sortedKeys(route: HeldRoute): [string, unknown][] {
  return Object.entries(route).toSorted(([a], [b]) => (a < b ? -1 : 1))
}
