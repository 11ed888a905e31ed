import { expect } from 'chai'
import type { AgentClient } from '../../xmpp/client/agent-client.ts'
import { eventually, until } from '../support/peers/eventually.ts'
import { freePort } from '../../control/free-port.ts'
import type { Gateway } from '../support/peers/gateway.ts'
import { HEDDLE_ADDRESS, HEDDLE_ASN } from '../support/peers/heddle-node.ts'
import { HeddleProcess } from '../support/peers/heddle-process.ts'
import { COMPUTE_1, COMPUTE_2, gatewayKinds, needs, PUBLIC, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'

const STAYS = '101.101.101.1/32'
const GOES = '101.101.101.2/32'
const address = '127.0.0.35'

/** Asks the gateway again and again, and keeps what it did not show. */
class Witness {
  readonly #gateway: Gateway
  readonly #prefix: string
  readonly misses: string[] = []
  looks = 0
  #isDone = false
  readonly #watching: Promise<void>

  constructor(gateway: Gateway, prefix: string) {
    this.#gateway = gateway
    this.#prefix = prefix
    this.#watching = this.#watch()
  }

  async end(): Promise<void> {
    this.#isDone = true
    await this.#watching
  }

  async #watch(): Promise<void> {
    while (!this.#isDone) {
      const routes = await this.#gateway.received('inet-vpn')
      this.looks++
      if (!routes.some(({ prefix }) => prefix === this.#prefix)) this.misses.push(`look ${this.looks}`)
    }
  }
}

for (const kind of gatewayKinds) {
  describe(`restarts of heddle that ${kind.name} sits out (RFC 4724)`, () => {
    let gateway: Gateway
    let heddle: HeddleProcess
    let witness: Witness | undefined

    beforeEach(async function () {
      needs(this, kind)
      const [port, bgpPort] = [await freePort(address), await freePort(HEDDLE_ADDRESS)]
      gateway = kind.make({
        address,
        port,
        asn: HEDDLE_ASN,
        routerId: '192.0.2.1',
        neighbor: { address: HEDDLE_ADDRESS, port: bgpPort, asn: HEDDLE_ASN },
        families: ['inet-vpn'],
        passive: true,
        gracefulRestart: true,
      })
      await gateway.start()
      const spec = {
        peers: [{ name: 'gw', address, port, families: ['inet-vpn'], connectRetry: '1s' }],
        networks: [{ name: PUBLIC, both: [`target:${PUBLIC_TARGET}`] }],
        node: { gracefulRestart: { selectionDeferralTime: '5s' } },
      }
      heddle = await HeddleProcess.start(spec, bgpPort)
    })
    afterEach(async function () {
      const failed = this.currentTest?.state === 'failed'
      await witness?.end()
      witness = undefined
      await heddle?.stop(failed)
      await gateway?.stop()
      gateway?.dispose(failed)
    })

    async function publishFrom(name: string, from: string, prefix: string): Promise<AgentClient> {
      const agent = await eventually('the agent is connected', () => heddle.agent(name, from))
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix, label: 38, encapsulations: ['gre'] })
      return agent
    }

    async function gatewayHas(...prefixes: string[]): Promise<void> {
      await until(
        `${kind.name} has ${prefixes.join(', ')}`,
        async () => {
          const routes = await gateway.received('inet-vpn')
          return (
            routes
              .map(({ prefix }) => prefix)
              .toSorted()
              .join() === prefixes.toSorted().join()
          )
        },
        { withinMs: 40_000, seen: () => prefixes },
      )
    }

    for (const [how, end] of [
      ['a restart by systemd (SIGTERM)', () => heddle.terminate()],
      ['a crash (kill -9)', () => heddle.crash()],
    ] as const) {
      it(`keeps a floating IP through ${how}, and loses it with an agent that does not come back`, async () => {
        await publishFrom('compute-1', COMPUTE_1, STAYS)
        await publishFrom('compute-2', COMPUTE_2, GOES)
        await gatewayHas(STAYS, GOES)
        // The marker for the successor is written every two seconds.
        await until('the daemon knows its neighbours', () => heddle.hasMarked('compute-2', 'gw'))
        witness = new Witness(gateway, STAYS)
        await end()
        heddle.launch()
        await publishFrom('compute-1', COMPUTE_1, STAYS)
        await gatewayHas(STAYS)
        await witness.end()
        expect(witness.looks).to.be.greaterThan(3)
        expect(witness.misses).to.deep.equal([])
      })
    }

    it('loses everything at once when heddle is stopped for good (SIGINT)', async () => {
      await publishFrom('compute-1', COMPUTE_1, STAYS)
      await gatewayHas(STAYS)
      await heddle.interrupt()
      await gatewayHas()
    })
  })
}
