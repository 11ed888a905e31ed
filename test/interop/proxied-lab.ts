/** A lab whose session goes through a recording proxy: the test reads the messages, and lets nobody through if it likes. */
import type { Gateway } from '../support/peers/gateway.ts'
import { RecordingProxy } from '../support/peers/recording-proxy.ts'
import { Lab } from './lab.ts'
import type { GatewayKind, LabSpec } from './lab.ts'

const PROXY = '127.0.0.56'

/** The lab with its session up; heddle is end 0 of the recordings. */
export async function startProxied<G extends Gateway>(
  kind: GatewayKind<G>,
  spec: LabSpec,
): Promise<{ lab: Lab<G>; proxy: RecordingProxy }> {
  const proxies: RecordingProxy[] = []
  const lab = await Lab.start(kind, {
    ...spec,
    neighborAddress: PROXY,
    connectThrough: async (target) => {
      const proxy = new RecordingProxy(PROXY, target)
      proxies.push(proxy)
      await proxy.listen()
      return { address: PROXY, port: proxy.port }
    },
  })
  await lab.untilEstablished()
  return { lab, proxy: proxies[0]! }
}
