import { expect } from 'chai'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { parseRouteKey } from '../../../rib/model/route-key.ts'
import { SourceKind } from '../../../rib/path-source.ts'
import { Rib } from '../../../rib/rib.ts'
import type { RoutingInstance } from '../../../rib/routing-instance.ts'
import { Subscription } from '../../../xmpp/session/subscription.ts'
import type { AgentRoute } from '../../../xmpp/session/subscription.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const VRF = 'default-domain:k8s:blue:blue'

describe('routes that wait for their VRF', () => {
  let clock: FakeClock
  let rib: Rib
  let subscription: Subscription

  beforeEach(() => {
    clock = new FakeClock()
    rib = new Rib({ localAs: 64512, routerId: 1, clock })
    const source = rib.addSource({
      kind: SourceKind.agent,
      name: 'compute-1',
      isIbgp: false,
      isClient: false,
      asn: 64512,
      routerId: 0,
      address: parseIpv4('127.0.0.1')!,
    })
    subscription = new Subscription(rib, source, VRF, { instanceId: 1, noRibOut: false })
    for (let i = 0; i < 3_000; i++) subscription.announce(route(i, 16))
  })

  function configure(): RoutingInstance {
    const instance = rib.setInstance({
      name: VRF,
      virtualNetwork: 'default-domain:k8s:blue',
      vnIndex: 1,
      importTargets: [],
      exportTargets: [],
    })
    subscription.register(instance)
    return instance
  }

  it('are applied some at a time, so that nobody else waits for them', () => {
    const { inet } = configure()
    expect(inet.pathCount).to.be.within(1, 1_000)
    clock.settle()
    expect([inet.pathCount, subscription.queuedCount]).to.deep.equal([3_000, 0])
  })

  it('end as the agent said last, though it goes on while they are applied', () => {
    const { inet } = configure()
    subscription.announce(route(2_999, 77))
    const { key, prefix } = route(2_998, 16)
    expect(subscription.withdraw(Family.inet, key, prefix)).to.equal(true)
    const first = route(0, 16)
    expect(subscription.withdraw(Family.inet, first.key, first.prefix)).to.equal(true)
    clock.settle()
    expect(inet.pathCount).to.equal(2_998)
    const row = inet.find(route(2_999, 77).key, 0)
    expect(rib.paths.label(inet.routes.firstPath(row))).to.equal(77)
  })

  it('are forgotten when the agent leaves meanwhile', () => {
    const { inet } = configure()
    subscription.release()
    clock.settle()
    expect([inet.pathCount, subscription.queuedCount]).to.deep.equal([0, 0])
  })

  function route(i: number, label: number): AgentRoute {
    const prefix = `10.1.${i >>> 8}.${i & 255}/32`
    return {
      family: Family.inet,
      key: parseRouteKey(Family.inet, prefix)!,
      prefix,
      attrs: { ...plainAttributes, nextHop: parseIpv4('192.0.2.1')! },
      label,
      flags: 0,
    }
  }
})
