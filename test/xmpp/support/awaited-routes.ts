/** Waiting for what an agent has been sent. */
import type { AgentClient, ReceivedRoute } from '../../../xmpp/client/agent-client.ts'
import { until } from '../../support/until.ts'
import { VRF } from './agent-lab.ts'

export const PREFIX = '10.1.1.3/32'

/** The route, once the agent has it as it should be. */
export async function arrived(
  agent: AgentClient,
  condition: (route: ReceivedRoute) => boolean = () => true,
  vrf = VRF,
  prefix = PREFIX,
): Promise<ReceivedRoute> {
  const holds = (): boolean => {
    const found = agent.routes(vrf).get(prefix)
    return found !== undefined && condition(found)
  }
  await until(`${agent.name} has ${prefix}`, holds)
  return agent.routes(vrf).get(prefix)!
}

export async function gone(agent: AgentClient, vrf = VRF, prefix = PREFIX): Promise<void> {
  await until(`${agent.name} lost ${prefix}`, () => !agent.routes(vrf).has(prefix))
}
