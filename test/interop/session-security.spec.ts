import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { until } from '../support/peers/eventually.ts'
import type { PeerSpec } from '../support/peers/heddle-node.ts'
import type { VpnRoute } from '../support/peers/gateway.ts'
import type { GoBgp } from '../support/peers/gobgp.ts'
import { allKinds, exabgp, gatewayKinds, gobgp, Lab, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'
import type { GatewayKind, LabSpec } from './lab.ts'

const GATEWAY_AS = 65001
const KEY = 'first-key'
const OTHER_KEY = 'second-key'

let folder: string

function keyFile(name: string, key: string): { passwordFile: string } {
  const passwordFile = join(folder, name)
  writeFileSync(passwordFile, `${key}\n`)
  return { passwordFile }
}

/** Addresses differ between tests, so that no connection of one is taken for one of the next. */
let nextAddress = 41

async function labOf(kind: GatewayKind, spec: LabSpec): Promise<Lab> {
  return await Lab.start(kind, { address: `127.0.0.${nextAddress++}`, families: ['inet-vpn'], ...spec })
}

/** The peer document of a lab, with changes. */
async function changePeer(lab: Lab, spec: LabSpec, change: Partial<PeerSpec>): Promise<void> {
  const { address, port, asn, families } = lab.gateway.options
  const peer = {
    name: 'gw',
    address,
    port,
    autonomousSystem: asn,
    families,
    passive: spec.gatewayConnects ?? false,
  }
  await lab.node.change({ peers: [{ ...peer, ...spec.peer, ...change }] })
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-keys-'))
})
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

for (const kind of allKinds) {
  for (const gatewayConnects of [false, true]) {
    describe(`a session with a password that ${gatewayConnects ? kind.name : 'heddle'} opens, with ${kind.name}`, () => {
      let lab: Lab
      let spec: LabSpec
      let droppedBefore: number

      before(async function () {
        needs(this, kind)
        spec = {
          gatewayConnects,
          gateway: { password: KEY },
          peer: { authentication: keyFile(`${kind.name}-${gatewayConnects}`, OTHER_KEY) },
        }
        droppedBefore = droppedSignatures()
        lab = await labOf(kind, spec)
      })
      after(async function () {
        await lab?.stop(this.test?.parent)
      })

      it('does not come with the wrong key (RFC 2385 §2)', async () => {
        await until('the kernel has refused a signature', () => droppedSignatures() > droppedBefore, {
          withinMs: 45_000,
        })
        expect(lab.node.counter('gw', 'opensIn')).to.equal(0)
        expect(await lab.gateway.isEstablished()).to.equal(false)
      })

      it('comes with the right key, changed by a reload of the file, and carries routes', async () => {
        keyFile(`${kind.name}-${gatewayConnects}`, KEY)
        await changePeer(lab, spec, {})
        await lab.untilEstablished()
        const agent = await lab.agent('compute-1')
        agent.subscribe(PUBLIC_VRF, 3)
        agent.publish({ vrf: PUBLIC_VRF, prefix: '101.101.101.9/32', label: 38, encapsulations: ['gre'] })
        await lab.gatewayShows('has the route', '101.101.101.9/32', (routes) => routes.length === 1)
      })
    })
  }

  describe(`TTL security with ${kind.name} (RFC 5082)`, () => {
    let lab: Lab
    const peer = { ebgpRequiresPolicy: false }

    before(function () {
      needs(this, kind)
    })
    afterEach(async function () {
      await lab?.stop(this.test?.parent)
    })

    // A listening ExaBGP answers with the system's TTL.
    if (kind !== exabgp) {
      it('on both sides: a session', async () => {
        lab = await labOf(kind, {
          asn: GATEWAY_AS,
          gateway: { ttlSecurity: true },
          peer: { ...peer, ttlSecurity: { hops: 1 } },
        })
        await lab.untilEstablished()
        expect(lab.node.daemon.peers()[0]!.ttl).to.equal('ttl-security 1 hop')
      })
    }

    it('on both sides, and the gateway connects: a session', async () => {
      lab = await labOf(kind, {
        asn: GATEWAY_AS,
        gatewayConnects: true,
        gateway: { ttlSecurity: true },
        peer: { ...peer, ttlSecurity: { hops: 1 } },
      })
      await lab.untilEstablished()
    })

    it('on our side alone: nothing of the gateway is read', async () => {
      const before = dropped('TCPMinTTLDrop')
      lab = await labOf(kind, { asn: GATEWAY_AS, peer: { ...peer, ttlSecurity: { hops: 1 } } })
      await until('the kernel has dropped a low TTL', () => dropped('TCPMinTTLDrop') > before)
      expect(lab.node.counter('gw', 'opensIn')).to.equal(0)
    })
  })
}

/** Segments that the kernel has dropped for their signature. */
function droppedSignatures(): number {
  return dropped('TCPMD5NotFound', 'TCPMD5Unexpected', 'TCPMD5Failure')
}

function dropped(...names: string[]): number {
  const [titles, values] = readFileSync('/proc/net/netstat', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '))
  return names.reduce((sum, name) => sum + Number(values![titles!.indexOf(name)]), 0)
}

for (const kind of gatewayKinds) {
  describe(`limits of prefixes with ${kind.name}`, () => {
    let lab: Lab

    before(function () {
      needs(this, kind)
    })
    afterEach(async function () {
      await lab?.stop(this.test?.parent)
    })

    const route = (n: number) => ({
      rd: '192.0.2.1:7',
      prefix: `198.51.100.${n}/32`,
      label: 700 + n,
      nextHop: '192.0.2.1',
      routeTargets: [PUBLIC_TARGET],
    })

    it('ours: CEASE/1 to the gateway, idle until it is cleared, then up again', async () => {
      lab = await labOf(kind, {
        peer: { maximumPrefixes: { 'inet-vpn': { limit: 3, restartAfter: 'never' } } },
      })
      await lab.untilEstablished()
      for (let n = 1; n <= 3; n++) await lab.gateway.originate('inet-vpn', route(n))
      await until('three routes', () => lab.node.daemon.peers()[0]!.received['inet-vpn'] === 3)
      expect(lab.node.daemon.peers()[0]).to.include({ state: 'Established' })
      await lab.gateway.originate('inet-vpn', route(4))
      await until('the session is over', () => lab.node.daemon.peers()[0]!.heldForSec === 'until cleared', {
        seen: () => lab.node.daemon.peers()[0],
      })
      expect(lab.node.daemon.peers()[0]!.lastError).to.match(
        /sent Cease\/Maximum Number of Prefixes Reached: more than 3 of inet-vpn/,
      )
      await until('the gateway knows', async () => !(await lab.gateway.isEstablished()))
      await lab.gateway.withdraw('inet-vpn', route(4))
      lab.node.daemon.clearPeer('gw')
      await lab.untilEstablished()
      await until('three routes again', () => lab.node.daemon.peers()[0]!.received['inet-vpn'] === 3)
    })

    it('theirs: told so, we come back once it is over, without a storm of attempts', async () => {
      // FRR takes nobody for a minute.
      lab = await labOf(kind, { gateway: { prefixLimit: 2 }, peer: { connectRetry: '5s' } })
      await lab.untilEstablished()
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      for (let n = 1; n <= 3; n++) {
        agent.publish({
          vrf: PUBLIC_VRF,
          prefix: `101.101.101.${n}/32`,
          label: 30 + n,
          encapsulations: ['gre'],
        })
      }
      await until(
        'the gateway ends the session',
        () => /Maximum Number of Prefixes/.test(lab.node.daemon.peers()[0]!.lastError ?? ''),
        {
          seen: () => lab.node.daemon.peers()[0],
        },
      )
      for (let n = 2; n <= 3; n++) agent.retract({ vrf: PUBLIC_VRF, prefix: `101.101.101.${n}/32` })
      if (kind === gobgp) {
        await until('GoBGP has noted it', async () =>
          /pfx|idle|active/i.test(await (lab as Lab<GoBgp>).gateway.cli('neighbor')),
        )
        await (lab as Lab<GoBgp>).gateway.cli('neighbor', lab.gateway.options.neighbor.address, 'enable')
      }
      await until('the session is back', () => lab.node.daemon.peers()[0]!.state === 'Established', {
        withinMs: 100_000,
        seen: () => lab.node.daemon.peers()[0],
      })
      await lab.gatewayShows(
        'has the route that is left',
        '101.101.101.1/32',
        (routes) => routes.length === 1,
      )
      expect(lab.node.counter('gw', 'opensOut')).to.be.lessThan(30)
    }).timeout(150_000)
  })
}

for (const kind of gatewayKinds) {
  describe(`going down in order, seen by ${kind.name}`, () => {
    let lab: Lab
    const spec: LabSpec = {}

    before(async function () {
      needs(this, kind)
      lab = await labOf(kind, spec)
      await lab.untilEstablished()
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    it('gracefulShutdown makes our routes its last choice without a reset (RFC 8326 §4.2)', async () => {
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix: '101.101.101.9/32', label: 38, encapsulations: ['gre'] })
      const withPref = (localPref: number) => (routes: readonly VpnRoute[]) =>
        routes[0]?.localPref === localPref
      await lab.gatewayShows('has the route', '101.101.101.9/32', withPref(100))
      await changePeer(lab, spec, { gracefulShutdown: true })
      await lab.gatewayShows('has it as last choice', '101.101.101.9/32', withPref(0))
      await changePeer(lab, spec, {})
      await lab.gatewayShows('has it as before', '101.101.101.9/32', withPref(100))
      expect(lab.node.counter('gw', 'sessionsUp')).to.equal(1)
    })

    it('shutdown brings the words of the operator to the other side (RFC 9003), and its end brings the session', async () => {
      const message = 'works until six'
      await changePeer(lab, spec, { shutdown: { message } })
      await until(
        'the gateway shows the message',
        async () => (await lab.gateway.lastWords()).includes(message),
        {
          seen: () => lab.node.daemon.peers()[0],
        },
      )
      expect(lab.node.daemon.peers()[0]).to.include({ state: 'Idle', isAdminDown: true })
      await changePeer(lab, spec, {})
      await lab.untilEstablished()
    })
  })
}
