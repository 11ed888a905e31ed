import { expect } from 'chai'
import type { PeerView } from '../../bgp/session/peer-view.ts'
import { until } from '../support/peers/eventually.ts'
import type { GatewayOptions } from '../support/peers/gateway.ts'
import type { PeerSpec } from '../support/peers/heddle-node.ts'
import { bird, frr, Lab, needs } from './lab.ts'
import type { GatewayKind } from './lab.ts'

/** The two that know roles. */
const kinds: readonly GatewayKind[] = [bird, frr]

for (const kind of kinds) {
  describe(`roles with ${kind.name} over eBGP (RFC 9234)`, () => {
    let lab: Lab

    before(function () {
      needs(this, kind)
    })
    afterEach(async function () {
      await lab?.stop(this.test?.parent)
    })

    async function start(
      heddle: Pick<PeerSpec, 'role' | 'strictRole'>,
      gateway: Pick<GatewayOptions, 'role' | 'strictRole'>,
    ): Promise<void> {
      lab = await Lab.start(kind, {
        asn: 65001,
        address: '127.0.0.36',
        families: ['inet'],
        peer: { ebgpRequiresPolicy: false, ...heddle },
        gateway,
      })
    }

    /** No session, and heddle names who ended it with 2/11. */
    async function untilRefused(why: RegExp): Promise<void> {
      const view = (): PeerView => lab.node.daemon.peers()[0]!
      await until('heddle names the role', () => why.test(view().lastError ?? ''), {
        withinMs: 20_000,
        seen: view,
      })
      expect(lab.node.counter('gw', 'sessionsUp')).to.equal(0)
      expect(await lab.gateway.isEstablished()).to.equal(false)
    }

    for (const [ours, theirs] of [
      ['provider', 'customer'],
      ['customer', 'provider'],
      ['peer', 'peer'],
    ] as const) {
      it(`${ours} and ${theirs} fit, and the session comes up (§4.2), strict on both sides`, async () => {
        await start({ role: ours, strictRole: true }, { role: theirs, strictRole: true })
        await lab.untilEstablished()
      })
    }

    it('provider and provider are refused with Role Mismatch (2/11)', async () => {
      await start({ role: 'provider' }, { role: 'provider' })
      await untilRefused(/^(sent|received) OPEN Message Error\/Role Mismatch/)
    })

    it('the strict gateway refuses heddle without a role: heddle receives 2/11', async () => {
      await start({}, { role: 'provider', strictRole: true })
      await untilRefused(/^received OPEN Message Error\/Role Mismatch/)
    })

    it('heddle, strict, refuses a gateway without a role: the gateway receives 2/11', async () => {
      await start({ role: 'customer', strictRole: true }, {})
      await untilRefused(/^sent OPEN Message Error\/Role Mismatch/)
      expect(await lab.gateway.lastWords()).to.match(
        /Received: Role mismatch|received from neighbor \S+ 2\/11/,
      )
    })
  })
}
