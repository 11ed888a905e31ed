import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Bird } from '../support/peers/bird.ts'
import { until } from '../support/peers/eventually.ts'
import type { Frr } from '../support/peers/frr.ts'
import { bird, frr, Lab, needs, PUBLIC_VRF } from './lab.ts'

const FLOATING_IP = '101.101.101.9/32'
const OTHER_IP = '101.101.101.10/32'

/** The two that have a command for another key. */
for (const kind of [frr, bird] as const) {
  describe(`another TCP MD5 key for a live session with ${kind.name} (RFC 2385)`, () => {
    let lab: Lab<Frr | Bird>
    let folder: string

    before(async function () {
      needs(this, kind)
      folder = mkdtempSync(join(tmpdir(), 'heddle-key-'))
      writeFileSync(join(folder, 'key'), 'first-key\n')
      lab = await Lab.start<Frr | Bird>(kind, {
        address: '127.0.0.39',
        families: ['inet-vpn'],
        gateway: { password: 'first-key' },
        peer: { authentication: { passwordFile: join(folder, 'key') }, connectRetry: '1s' },
      })
      await lab.untilEstablished()
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
      if (folder) rmSync(folder, { recursive: true, force: true })
    })

    it('changed at the gateway and then by a reload of ours, it costs one reset: the session comes again under the new key', async () => {
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      const publish = (prefix: string): void => {
        agent.publish({ vrf: PUBLIC_VRF, prefix, label: 38, encapsulations: ['gre'] })
      }
      publish(FLOATING_IP)
      await lab.gatewayShows('has the floating IP', FLOATING_IP, (routes) => routes.length === 1)
      // In this order: its last words are signed with the old key, and with the new one here they would go unheard until
      // the hold timer expires.
      await lab.gateway.changePassword('second-key')
      await until('heddle saw the end', () => lab.node.counter('gw', 'sessionsDown') === 1)
      writeFileSync(join(folder, 'key'), 'second-key\n')
      await lab.node.change({})
      await until('the session came again', () => lab.node.counter('gw', 'sessionsUp') > 1, {
        withinMs: 40_000,
        seen: () => lab.node.daemon.peers()[0],
      })
      publish(OTHER_IP)
      await lab.gatewayShows('has another', OTHER_IP, (routes) => routes.length === 1)
      await lab.gatewayShows('has the first again', FLOATING_IP, (routes) => routes.length === 1)
      expect(lab.node.daemon.peers()[0]!.authentication).to.equal('tcp-md5')
    })
  })
}
