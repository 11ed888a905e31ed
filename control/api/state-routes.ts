/**
 * The small views: what a person asks first. Each answer is one document; `name` narrows a list to one entry.
 */
import type { FastifyInstance } from 'fastify'
import type { FloatingIpStatus } from '../floating-ip/status.ts'
import { agentView } from '../views/agent-view.ts'
import { peerErrorsView } from '../views/peer-errors-view.ts'
import { peerView } from '../views/peer-view.ts'
import { routeTargetViews } from '../views/route-target-view.ts'
import { statusView } from '../views/status-view.ts'
import { tableView } from '../views/table-view.ts'
import { vrfView } from '../views/vrf-view.ts'
import type { ApiOptions } from './api-server.ts'
import { peerNamed, unknownPeer } from './peer-names.ts'
import { instanceNamed, selectTables, shortestNames } from './table-names.ts'

const nameParameter = {
  type: 'object',
  additionalProperties: false,
  properties: { name: { type: 'string', maxLength: 256 } },
} as const

interface NameQuery {
  readonly Querystring: { readonly name?: string }
}

const options = { schema: { querystring: nameParameter } }

export function registerState(server: FastifyInstance, { node, version }: ApiOptions): void {
  const startedMs = node.nowMs()
  const ageSec = (sinceMs: number): number => Math.max(0, Math.floor((node.nowMs() - sinceMs) / 1000))

  server.get('/v1/status', async () => statusView(node, version, ageSec(startedMs)))

  server.get<NameQuery>('/v1/peers', options, async ({ query: { name } }) => ({
    peers: node
      .peers()
      .filter((peer) => name === undefined || peer.name === name || peer.address === name)
      .map((peer) => peerView(peer, ageSec(peer.sinceMs))),
  }))

  server.get<{ Params: { name: string } }>('/v1/peers/:name/errors', async ({ params: { name } }) => {
    const errors = node.peerErrors(peerNamed(node, name))
    if (!errors) throw unknownPeer(name)
    return peerErrorsView(errors, { monotonicMs: node.nowMs(), wallMs: Date.now() })
  })

  server.get<NameQuery>('/v1/agents', options, async ({ query: { name } }) => ({
    agents: node
      .agents()
      .filter((agent) => name === undefined || agent.name === name || agent.address === name)
      .map((agent) => agentView(agent, ageSec(agent.sinceMs))),
  }))

  server.get<NameQuery>('/v1/vrfs', options, async ({ query: { name } }) => {
    const instances = name === undefined ? [...node.rib.instances()] : [instanceNamed(node.rib, name)]
    const shortNames = shortestNames(node.rib)
    return { vrfs: instances.map((instance) => vrfView(instance, shortNames.get(instance)!)) }
  })

  server.get<NameQuery>('/v1/tables', options, async ({ query: { name } }) => ({
    tables: selectTables(node.rib, { table: name }).map(tableView),
  }))

  server.get<NameQuery>('/v1/route-targets', options, async ({ query: { name } }) => ({
    routeTargets: routeTargetViews(node.rib, name),
  }))

  server.get<NameQuery>('/v1/floating-ips', options, async ({ query: { name } }) => ({
    floatingIps: node.floatingIps().filter((ip) => name === undefined || isCalled(ip, name)),
  }))
}

/** By `namespace/name`, by the name alone, which several namespaces may have, or by the address. */
function isCalled(floatingIp: FloatingIpStatus, name: string): boolean {
  const { name: key, address } = floatingIp
  return key === name || key.endsWith(`/${name}`) || address === name
}
