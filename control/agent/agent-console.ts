/**
 * A simulated agent in somebody's hands: carries out orders and shows every route that the control node sends, as a line
 * for people or as a JSON document a line (-j).
 *
 *   + default-domain:k8s-ns-user-1:public:public 198.51.100.0/24 via 192.0.2.1 label 777 (gre) lp 100
 *   - default-domain:k8s-ns-user-1:public:public 198.51.100.0/24
 */
import type { AgentClient, ReceivedRoute, RouteChange } from '../../xmpp/client/agent-client.ts'
import { isUnderstood, parseOrder } from './agent-words.ts'
import type { AgentOrder } from './agent-words.ts'

export interface ConsoleOutput {
  readonly line: (text: string) => void
  /** A remark beside the output: a line that was not understood. */
  readonly remark: (text: string) => void
  readonly paint: (style: 'green' | 'red' | 'dim', text: string) => string
}

export class AgentConsole {
  readonly #client: AgentClient
  readonly #output: ConsoleOutput
  readonly #asJson: boolean

  constructor(client: AgentClient, output: ConsoleOutput, asJson: boolean) {
    this.#client = client
    this.#output = output
    this.#asJson = asJson
    client.onChange((change) => this.#show(change))
  }

  /** Carries out orders line by line; returns whether one of them was `quit`. */
  async follow(lines: AsyncIterable<string>): Promise<boolean> {
    for await (const line of lines) {
      const order = parseOrder(line)
      if (order === undefined) continue
      if (!isUnderstood(order)) this.#output.remark(order.problem)
      else if (order.kind === 'quit') return true
      else this.obey(order)
    }
    return false
  }

  obey(order: Exclude<AgentOrder, { kind: 'quit' }>): void {
    switch (order.kind) {
      case 'subscribe':
        return this.#client.subscribe(order.vrf, order.instanceId)
      case 'unsubscribe':
        return this.#client.unsubscribe(order.vrf)
      case 'publish': {
        const { kind: _kind, ...publication } = order
        return this.#client.publish(publication)
      }
      case 'retract':
        return this.#client.retract(order)
      case 'routes':
        for (const vrf of order.vrf === undefined ? this.#client.vrfs() : [order.vrf]) {
          for (const [prefix, route] of this.#client.routes(vrf)) this.#show({ vrf, prefix, route })
        }
    }
  }

  #show({ vrf, prefix, route }: RouteChange): void {
    const { paint } = this.#output
    if (this.#asJson) {
      const event =
        route === undefined ? { event: 'withdrawn', vrf, prefix } : { event: 'route', vrf, ...route }
      this.#output.line(JSON.stringify(event))
    } else if (route === undefined) {
      this.#output.line(`${paint('red', '-')} ${vrf} ${prefix}`)
    } else {
      this.#output.line(`${paint('green', '+')} ${vrf} ${prefix} ${wayOf(route)}`)
    }
  }
}

/** `via 192.0.2.1 label 777 (gre, udp), 192.0.2.2 label 5 (gre) lp 100` */
function wayOf(route: ReceivedRoute): string {
  const hops = route.nextHops.map(({ address, label, encapsulations }) => {
    const tunnels = encapsulations.length > 0 ? ` (${encapsulations.join(', ')})` : ''
    return `${address} label ${label}${tunnels}`
  })
  return `via ${hops.join(', ')}${route.localPref > 0 ? ` lp ${route.localPref}` : ''}`
}
