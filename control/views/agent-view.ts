/** An agent as JSON: the agent server's own view, with an age for its point on the monotonic clock. */
import type { AgentView as ServerAgentView } from '../../xmpp/session/agent-server.ts'

export type AgentView = Omit<ServerAgentView, 'sinceMs'> & {
  /** Seconds in this state. */
  readonly ageSec: number
}

export function agentView(agent: ServerAgentView, ageSec: number): AgentView {
  const { sinceMs: _, ...rest } = agent
  return { ...rest, ageSec }
}
