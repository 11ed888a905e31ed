import { expect } from 'chai'
import { until } from '../support/peers/eventually.ts'
import { RecordingProxy } from '../support/peers/recording-proxy.ts'
import { dissect, tsharkIsInstalled } from '../support/peers/tshark.ts'
import { COMPUTE_1, allKinds, Lab, needs, PUBLIC_VRF } from './lab.ts'

const PROXY = '127.0.0.51'
/** In a capture of the proxy the side that connected, heddle, is 127.0.0.1. */
const FROM_HEDDLE = 'bgp && ip.src == 127.0.0.1'
const REACH = 'bgp.update.path_attribute.mp_reach_nlri'

for (const kind of allKinds) {
  describe(`a recorded session with ${kind.name}, read by tshark`, () => {
    let lab: Lab
    let proxy: RecordingProxy
    let pcap: Buffer

    before(async function () {
      needs(this, kind)
      needs(this, { name: 'tshark', isInstalled: tsharkIsInstalled })
      lab = await Lab.start(kind, {
        neighborAddress: PROXY,
        connectThrough: async (target) => {
          proxy = new RecordingProxy(PROXY, target)
          await proxy.listen()
          return { address: PROXY, port: proxy.port }
        },
      })
      await lab.untilEstablished()
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      for (let last = 1; last <= 200; last++) {
        const prefix = `101.101.101.${last}/32`
        agent.publish({ vrf: PUBLIC_VRF, prefix, label: 1000 + last, encapsulations: ['gre', 'udp'] })
      }
      agent.publish({ vrf: PUBLIC_VRF, prefix: '2001:db8::1/128', label: 40, encapsulations: ['gre'] })
      await until('the gateway has all', async () => (await lab.gateway.received('inet-vpn')).length === 200)
      await until('and the IPv6 one', async () => (await lab.gateway.received('inet6-vpn')).length === 1)
      agent.retract({ vrf: PUBLIC_VRF, prefix: '101.101.101.1/32' })
      await until('one is withdrawn', async () => (await lab.gateway.received('inet-vpn')).length === 199)
      await lab.node.daemon.close()
      pcap = proxy.pcap()
    })
    after(async function () {
      await proxy?.close()
      await lab?.stop(this.test?.parent)
    })

    it('holds no malformed packet', async () => {
      expect(await dissect(pcap, '_ws.malformed', ['frame.number', '_ws.expert.message'])).to.deep.equal([])
    })

    it('draws no warning or error about what heddle sent', async () => {
      // Severity warn is 0x600000 in Wireshark's epan/proto.h.
      const filter = `(${FROM_HEDDLE}) && _ws.expert.severity >= 0x600000`
      expect(await dissect(pcap, filter, ['frame.number', '_ws.expert.message'])).to.deep.equal([])
    })

    it('shows OPEN, KEEPALIVE, UPDATEs and at the end one NOTIFICATION: Cease, Administrative Shutdown', async () => {
      const messages = await dissect(pcap, FROM_HEDDLE, ['bgp.type', 'bgp.notify.major_error'])
      const types = messages.flatMap((message) => message['bgp.type']!.split(','))
      expect(types[0]).to.equal('1')
      expect(types).to.include('4').and.to.include('2')
      expect(types.filter((type) => type === '3')).to.have.length(1)
      expect(types.at(-1)).to.equal('3')
      expect(messages.at(-1)!['bgp.notify.major_error']).to.equal('6')
    })

    it('shows the floating IPs with next hop, labels and communities', async () => {
      const fields = ['bgp.mp_reach_nlri_ipv4_prefix', `${REACH}.next_hop.ipv4`, 'bgp.label_stack', 'bgp.rd']
      const updates = await dissect(
        pcap,
        `${FROM_HEDDLE} && ${REACH}.safi == 128 && ${REACH}.afi == 1`,
        fields,
      )
      const prefixes = updates.flatMap((update) => update['bgp.mp_reach_nlri_ipv4_prefix']!.split(','))
      const labels = updates.flatMap((update) => update['bgp.label_stack']!.split(','))
      expect(new Set(prefixes)).to.have.property('size', 200)
      expect(labels[prefixes.indexOf('101.101.101.77')]).to.equal('1077 (bottom)')
      for (const update of updates) {
        expect(new Set(update[`${REACH}.next_hop.ipv4`]!.split(','))).to.deep.equal(new Set([COMPUTE_1]))
        expect(update['bgp.rd']).to.include(`${COMPUTE_1}:3`)
      }
    })
  })
}
