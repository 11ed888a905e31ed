/** What a node holds for peers and routes: equal before and after, nothing was left behind. */
import type { TestNode } from '../bgp/session/nodes.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { until } from '../support/until.ts'

export interface Footprint {
  readonly routes: Readonly<Record<string, number>>
  readonly paths: number
  readonly attributeSets: number
  readonly sources: readonly string[]
  readonly members: number
  readonly timers: number
  readonly peers: readonly string[]
}

export function footprint({ rib, clock, speaker }: TestNode): Footprint {
  const routes: Record<string, number> = {}
  let members = 0
  for (const table of rib.tables()) {
    routes[table.name] = table.routeCount
    for (const group of rib.groups(table)) members += group.memberCount
  }
  return {
    routes,
    paths: rib.paths.count,
    attributeSets: rib.attrs.liveCount,
    sources: [...rib.sources.all()].map(({ name }) => name).toSorted(),
    members,
    timers: clock.timerCount,
    peers: speaker
      .peers()
      .map(({ name, state }) => `${name} ${state}`)
      .toSorted(),
  }
}

/** Waits until the node holds what it held, and checks what always holds. */
export async function untilAsBefore(node: TestNode, before: Footprint): Promise<void> {
  const wanted = JSON.stringify(before)
  await until('the node holds what it held', () => JSON.stringify(footprint(node)) === wanted).catch(
    (error: unknown) => {
      throw new Error(`${wanted}\nis now ${JSON.stringify(footprint(node))}`, { cause: error })
    },
  )
  checkInvariants(node.rib)
}
