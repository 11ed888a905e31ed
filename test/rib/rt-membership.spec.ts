import { expect } from 'chai'
import fc from 'fast-check'
import type { AsPath } from '../../rib/model/as-path.ts'
import { routeTargetHigh, routeTargetLow } from '../../rib/model/route-target.ts'
import type { PathSource } from '../../rib/path-source.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { Scene, target } from './scene.ts'

const VPN = 'bgp.l3vpn.0'
const RTC = 'bgp.rtarget.0'
const rt = (n: number, originAs = 64512): string => `${originAs}:target:64512:${n}`
const pathOf = (...asns: number[]): AsPath => [{ type: 2, asns }]
const route = (n: number): string => `64512:1:10.0.0.${n}/32`

/** A peer that filters, one that does not, and routes 1 to 3 with targets 1 to 3. */
class RtcScene extends Scene {
  readonly peer = this.ibgp('peer', 1)
  readonly member = new RecordingMember(this.peer, true)
  readonly open = new RecordingMember(this.ibgp('open', 2), false)
  readonly teacher = this.ebgp('teacher', 3)

  constructor() {
    super()
    for (const member of [this.member, this.open]) this.joinBgp(VPN, member)
    for (const n of [1, 2, 3]) this.put(VPN, route(n), this.teacher, { targets: [n] })
    this.settle()
  }

  ask(key: string, source: PathSource = this.peer, flags = 0): this {
    this.put(RTC, key, source, { flags })
    return this.settle()
  }

  unask(key: string, source: PathSource = this.peer): this {
    this.drop(RTC, key, source)
    return this.settle()
  }

  /** A membership of `bits` bits: origin AS and the head of target n. */
  askPart(bits: number, n: number): void {
    const key = Int32Array.of(bits, 64512, routeTargetHigh(target(n)), routeTargetLow(target(n)))
    if (bits < 96) key[3] = bits <= 64 ? 0 : key[3]! & (-1 << (96 - bits))
    if (bits < 64) key[2] = bits <= 32 ? 0 : key[2]! & (-1 << (64 - bits))
    if (bits < 32) key[1] = bits === 0 ? 0 : key[1]! & (-1 << (32 - bits))
    this.table(RTC).upsert(key, 0, {
      source: this.peer,
      pathId: 0,
      attrs: this.attrs(),
      label: 0,
      instanceId: 0,
      flags: 0,
    })
    this.settle()
  }

  expectHeld(...numbers: number[]): void {
    expect([...this.member.held.keys()].sort()).to.deep.equal(numbers.map(route).sort())
    expect(this.member.faults).to.deep.equal([])
    checkInvariants(this.rib)
  }
}

describe('rib: route target constraint (RFC 4684 §5; control-node reference 4.2)', () => {
  it('sends a member that negotiated it nothing until it asks; one that did not gets all', () => {
    const scene = new RtcScene()
    scene.expectHeld()
    expect(scene.open.held.size).to.equal(3)
  })

  it('25: sends a route with several targets to who wants any, until it wants none of them any more', () => {
    const scene = new RtcScene()
    scene.put(VPN, route(4), scene.teacher, { targets: [1, 2, 9] })
    scene.ask(rt(1)).ask(rt(2)).expectHeld(1, 2, 4)
    scene.unask(rt(1)).expectHeld(2, 4)
    scene.unask(rt(2)).expectHeld()
    expect(scene.open.held.size).to.equal(4)
  })

  it('26: follows the targets of a route', () => {
    const scene = new RtcScene()
    scene.ask(rt(1)).expectHeld(1)
    scene.put(VPN, route(1), scene.teacher, { targets: [2] })
    scene.put(VPN, route(2), scene.teacher, { targets: [1] })
    scene.settle().expectHeld(2)
    scene.put(VPN, route(3), scene.teacher)
    scene.settle().expectHeld(2)
  })

  it('27: counts peers that ask for one target each by itself', () => {
    const scene = new RtcScene()
    const second = new RecordingMember(scene.ibgp('second', 5), true)
    scene.joinBgp(VPN, second)
    scene.ask(rt(1)).ask(rt(1), second.source).ask(rt(2), second.source)
    expect([...second.held.keys()].sort()).to.deep.equal([route(1), route(2)])
    scene.unask(rt(1)).expectHeld()
    expect(second.held.size).to.equal(2)
  })

  it('27: takes one target under several origin AS numbers as one wish until the last is gone', () => {
    const scene = new RtcScene()
    scene.ask(rt(1)).ask(rt(1, 65001)).unask(rt(1)).expectHeld(1)
    expect(scene.rib.membership.targetsOf(scene.peer)).to.deep.equal([target(1)])
    scene.unask(rt(1, 65001)).expectHeld()
  })

  it('28: sends everything, routes without targets too, for the default membership', () => {
    const scene = new RtcScene()
    scene.put(VPN, route(4), scene.teacher)
    scene.ask('default').expectHeld(1, 2, 3, 4)
    expect(scene.rib.membership.wantsEverything(scene.peer)).to.equal(true)
    scene.ask(rt(1)).unask('default').expectHeld(1)
    expect(scene.rib.membership.wantsEverything(scene.peer)).to.equal(false)
  })

  for (const [bits, wanted] of [
    [0, [1, 2, 3]],
    [16, [1, 2, 3]],
    [32, [1, 2, 3]],
    [48, [1, 2, 3]],
    [64, [1, 2, 3]],
    [94, [1, 2, 3]],
    [95, [2, 3]],
    [96, [2]],
  ] as const) {
    it(`compares the first ${bits} bits of origin AS and target (RFC 4684 §4)`, () => {
      const scene = new RtcScene()
      scene.put(VPN, route(4), scene.teacher, { ext: [[0x0102c000, 2]] })
      scene.askPart(bits, 2)
      scene.expectHeld(...wanted, ...(bits <= 32 ? [4] : []))
    })
  }

  it('matches partial memberships as bit strings do', () => {
    const word = fc.integer({ min: -0x80000000, max: 0x7fffffff })
    fc.assert(
      fc.property(
        fc.integer({ min: 33, max: 96 }),
        word,
        word,
        fc.nat({ max: 63 }),
        (bits, asn, low, flip) => {
          const scene = new Scene()
          const peer = scene.ibgp('peer')
          const high = 0x00020000 | (asn & 0xffff)
          const value = (BigInt(high) << 32n) | BigInt(low >>> 0)
          const given = BigInt(bits - 32)
          const masked = (value >> (64n - given)) << (64n - given)
          const key = Int32Array.of(bits, 64512, Number(masked >> 32n) | 0, Number(BigInt.asIntN(32, masked)))
          scene.table(RTC).upsert(key, 0, {
            source: peer,
            pathId: 0,
            attrs: scene.attrs(),
            label: 0,
            instanceId: 0,
            flags: 0,
          })
          scene.settle()
          const other = value ^ (1n << BigInt(flip % 48))
          const wants = (v: bigint): boolean =>
            scene.rib.membership.wants(
              peer,
              scene.attrs({ ext: [[Number(v >> 32n), Number(BigInt.asIntN(32, v))]] }),
            )
          expect(wants(value)).to.equal(true)
          expect(wants(other)).to.equal(other >> (64n - given) === value >> (64n - given))
        },
      ),
    )
  })

  it('32: leaves no wish behind of a peer that is gone, and none to who gets its number', () => {
    const scene = new RtcScene()
    scene.ask(rt(1)).ask('default').expectHeld(1, 2, 3)
    scene.rib.leave(scene.table(VPN), scene.member)
    scene.rib.removeSource(scene.peer)
    scene.settle()
    const next = scene.ibgp('next', 6)
    expect(next.id).to.equal(scene.peer.id)
    const member = new RecordingMember(next, true)
    scene.joinBgp(VPN, member)
    scene.settle()
    expect([...member.held.keys()]).to.deep.equal([])
    expect(scene.rib.membership.targetsOf(next)).to.deep.equal([])
    expect(scene.rib.membership.wantsEverything(next)).to.equal(false)
  })

  it('35: filters nothing for a peer that joins again without it', () => {
    const scene = new RtcScene()
    scene.ask(rt(1)).expectHeld(1)
    scene.rib.leave(scene.table(VPN), scene.member)
    const again = new RecordingMember(scene.peer, false)
    scene.joinBgp(VPN, again)
    scene.settle()
    expect(again.held.size).to.equal(3)
  })

  it('counts no infeasible membership, and counts it when that changes', () => {
    const scene = new RtcScene()
    scene.ask(rt(1), scene.peer, PathFlag.infeasible).expectHeld()
    scene.ask(rt(1)).expectHeld(1)
    scene.ask(rt(1), scene.peer, PathFlag.infeasible).expectHeld()
  })

  it('counts a peer once for several paths of one membership', () => {
    const scene = new RtcScene()
    scene.put(RTC, rt(1), scene.peer, { pathId: 1 })
    scene.ask(rt(1)).expectHeld(1)
    scene.unask(rt(1)).expectHeld(1)
    scene.drop(RTC, rt(1), scene.peer, 1)
    scene.settle().expectHeld()
  })

  describe('of external peers (§3.1)', () => {
    function scene(): {
      scene: RtcScene
      near: RecordingMember
      beside: RecordingMember
      far: RecordingMember
    } {
      const made = new RtcScene()
      const member = (name: string, id: number, asn: number): RecordingMember => {
        const one = new RecordingMember(made.ebgp(name, id, { asn }), true)
        made.joinBgp(VPN, one)
        return one
      }
      return {
        scene: made,
        near: member('near', 11, 65_001),
        beside: member('beside', 12, 65_001),
        far: member('far', 13, 65_002),
      }
    }
    const held = (...members: RecordingMember[]): number[] => members.map((member) => member.held.size)
    const nearPath = { asPath: pathOf(65_001, 65_009) }
    const farPath = { asPath: pathOf(65_002, 65_003, 65_009) }

    it('serves those in the AS of the best path to an origin AS, and the others once that is gone', () => {
      const { scene: rtc, near, beside, far } = scene()
      rtc.put(RTC, rt(1, 65_009), far.source, farPath)
      rtc.settle()
      expect(held(near, beside, far)).to.deep.equal([0, 0, 1])
      rtc.put(RTC, rt(1, 65_009), near.source, nearPath)
      rtc.put(RTC, rt(1, 65_009), beside.source, nearPath)
      rtc.settle()
      expect(held(near, beside, far)).to.deep.equal([1, 1, 0])
      rtc.drop(RTC, rt(1, 65_009), near.source)
      rtc.drop(RTC, rt(1, 65_009), beside.source)
      rtc.settle()
      expect(held(near, beside, far)).to.deep.equal([0, 0, 1])
    })

    it('serves internal peers beside them, whichever path is the best (§3.2)', () => {
      const { scene: rtc, near, far } = scene()
      rtc.put(RTC, rt(1, 65_009), near.source, nearPath)
      rtc.put(RTC, rt(1, 65_009), far.source, farPath)
      rtc.ask(rt(1, 65_009)).expectHeld(1)
      expect(held(near, far)).to.deep.equal([1, 0])
    })

    it('serves a peer for its own AS as long as its path is the best external one', () => {
      const { scene: rtc, near, far } = scene()
      rtc.put(RTC, rt(1, 65_001), near.source, { asPath: pathOf(65_001) })
      rtc.put(RTC, rt(1, 65_001), far.source, { asPath: pathOf(65_002, 65_001) })
      rtc.settle()
      const row = rtc.row(RTC, rt(1, 65_001))
      expect(held(near, far)).to.deep.equal([1, 0])
      expect([near, far].map(({ source }) => rtc.rib.membership.isServed(source, row))).to.deep.equal([
        true,
        false,
      ])
      rtc.put(RTC, rt(1, 65_001), near.source, { asPath: pathOf(65_001, 65_001, 65_001) })
      rtc.settle()
      expect(held(near, far)).to.deep.equal([0, 1])
    })

    it('serves every one that asks under an AS of its own, or for everything', () => {
      const { scene: rtc, near, far } = scene()
      rtc.put(RTC, rt(1, 65_001), near.source, { asPath: pathOf(65_001) })
      rtc.put(RTC, rt(1, 65_002), far.source, { asPath: pathOf(65_002) })
      rtc.settle()
      expect(held(near, far)).to.deep.equal([1, 1])
      rtc.put(RTC, 'default', near.source, { asPath: pathOf(65_001) })
      rtc.put(RTC, 'default', far.source, { asPath: pathOf(65_002) })
      rtc.settle()
      expect(held(near, far)).to.deep.equal([3, 3])
    })
  })

  it('applies to VPN families only', () => {
    const scene = new RtcScene()
    scene.joinBgp('inet.0', scene.member)
    scene.put('inet.0', '10.9.0.0/16', scene.teacher)
    scene.settle()
    expect([...scene.member.held.keys()]).to.deep.equal(['10.9.0.0/16'])
  })

  it('is decided at the same time for IPv6', () => {
    const scene = new RtcScene()
    scene.joinBgp('bgp.l3vpn-inet6.0', scene.member)
    scene.put('bgp.l3vpn-inet6.0', '64512:1:2001:db8::/32', scene.teacher, { targets: [1] })
    scene.settle().expectHeld()
    scene.ask(rt(1))
    expect([...scene.member.held.keys()].sort()).to.deep.equal([route(1), '64512:1:2001:db8::/32'].sort())
  })

  it('asks for nothing anew when a membership comes again unchanged, or from one more peer', () => {
    const scene = new RtcScene()
    scene.ask(rt(1))
    const reader = scene.rib.watch(scene.table(VPN), 'tail', () => {})
    scene.ask(rt(1))
    scene.put(RTC, rt(1), scene.peer, { med: 5 })
    scene.settle()
    expect(reader.hasNews).to.equal(false)
  })
})
