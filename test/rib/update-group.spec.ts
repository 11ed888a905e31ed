import { expect } from 'chai'
import { checkInvariants } from '../support/rib-check.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { Scene, ShortEncoder } from './scene.ts'

const TABLE = 'inet.0'
const key = (n: number): string => `10.0.${n >>> 8}.${n & 255}/32`

/** A table with routes of one eBGP peer, and members of one iBGP group. */
class GroupScene extends Scene {
  readonly peer = this.ebgp('peer')
  readonly encoder = new ShortEncoder(this.rib)
  #memberCount = 0

  teach(...numbers: number[]): void {
    for (const n of numbers) this.put(TABLE, key(n), this.peer)
  }

  forget(...numbers: number[]): void {
    for (const n of numbers) this.drop(TABLE, key(n), this.peer)
  }

  member(): RecordingMember {
    const n = ++this.#memberCount
    return new RecordingMember(this.ibgp(`member${n}`, n), false, () => this.clock.turns)
  }

  join(member = this.member()): RecordingMember {
    this.joinBgp(TABLE, member, {}, this.encoder)
    return member
  }

  leave(member: RecordingMember): void {
    this.rib.leave(this.table(TABLE), member)
  }

  refresh(member: RecordingMember): void {
    member.startRefresh()
    this.rib.refresh(this.table(TABLE), member)
  }

  drain(member: RecordingMember): void {
    member.credit = Infinity
    this.rib.unblock(member)
  }

  group(member: RecordingMember) {
    return this.rib.groupOf(this.table(TABLE), member)!
  }

  /** Every member holds exactly these, and was told nothing odd on the way. */
  expectHeld(members: readonly RecordingMember[], ...numbers: number[]): void {
    for (const member of members) {
      expect([...member.held.keys()].sort(), member.source.name).to.deep.equal(numbers.map(key).sort())
      expect([...member.unconfirmed], member.source.name).to.deep.equal([])
      expect(member.faults, member.source.name).to.deep.equal([])
    }
    checkInvariants(this.rib)
  }
}

describe('rib: update groups (control-node reference 4.7, items 78 to 83)', () => {
  it('announces once, and says nothing when a route is taught again unchanged', () => {
    const scene = new GroupScene()
    const member = scene.join()
    scene.teach(1)
    scene.settle()
    scene.teach(1)
    scene.settle()
    expect(member.received).to.equal(1)
    scene.expectHeld([member], 1)
  })

  it('sends only the last of several changes, and nothing of a route that came and went in between', () => {
    const scene = new GroupScene()
    const member = scene.join()
    scene.settle()
    scene.put(TABLE, key(1), scene.peer, { label: 17 })
    scene.put(TABLE, key(1), scene.peer, { label: 18 })
    scene.teach(2)
    scene.forget(2)
    scene.settle()
    expect([...member.held]).to.deep.equal([[key(1), '192.0.2.21/18']])
    expect(member.received).to.equal(1)
  })

  it('sends a withdraw once, and none for what was never sent', () => {
    const scene = new GroupScene()
    const member = scene.join()
    scene.teach(1)
    scene.settle()
    scene.forget(1)
    expect(scene.drop(TABLE, key(1), scene.peer)).to.equal(false)
    scene.settle()
    expect(member.received).to.equal(2)
    scene.expectHeld([member])
  })

  it('sends a change back to what was sent as nothing at all', () => {
    const scene = new GroupScene()
    const member = scene.join()
    scene.teach(1)
    scene.settle()
    scene.forget(1)
    scene.teach(1)
    scene.settle()
    expect(member.received).to.equal(1)
  })

  it('encodes a batch once for all members of a group', () => {
    const scene = new GroupScene()
    const members = [scene.join(), scene.join(), scene.join()]
    scene.settle()
    scene.teach(1, 2, 3)
    scene.settle()
    expect(scene.encoder.batches).to.deep.equal([[3, 0]])
    scene.forget(2)
    scene.settle()
    expect(scene.encoder.batches).to.deep.equal([
      [3, 0],
      [0, 1],
    ])
    scene.expectHeld(members, 1, 3)
  })

  it('dumps the table to a joiner alone, once, and then walks with the rest', () => {
    const scene = new GroupScene()
    const first = scene.join()
    scene.teach(1, 2)
    scene.settle()
    const { received } = first
    const late = scene.join()
    scene.settle()
    expect(first.received).to.equal(received)
    expect(late.received).to.equal(2)
    expect(scene.group(late).cohortCount).to.equal(1)
    scene.teach(3)
    scene.settle()
    scene.expectHeld([first, late], 1, 2, 3)
    expect(scene.encoder.batches.at(-1)).to.deep.equal([1, 0])
  })

  it('lets joiners of the same moment walk together', () => {
    const scene = new GroupScene()
    scene.teach(1, 2)
    scene.settle()
    const members = [scene.join(), scene.join()]
    scene.settle()
    expect(scene.encoder.batches).to.deep.equal([[2, 0]])
    scene.expectHeld(members, 1, 2)
  })

  it('says that everything was sent exactly once, after the last route and in an empty table too (RFC 4724 §2)', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const early = scene.join()
    scene.settle()
    expect(early.synced).to.equal(1)
    scene.teach(1, 2, 3)
    scene.settle()
    const late = scene.join()
    while (late.synced === 0) {
      expect(scene.clock.step()).to.equal(true)
      if (late.synced > 0) expect(late.held.size).to.equal(3)
    }
    scene.teach(4)
    scene.settle()
    expect([early.synced, late.synced]).to.deep.equal([1, 1])
  })

  it('does not send a member its own path back, and withdraws what it held when its own becomes best', () => {
    const scene = new GroupScene({ clusterId: 7 })
    const policy = { clusterId: 7, isClient: true }
    const a = new RecordingMember(scene.ibgp('a', 1, { isClient: true }))
    const b = new RecordingMember(scene.ibgp('b', 2, { isClient: true }))
    for (const member of [a, b]) scene.joinBgp(TABLE, member, policy)
    scene.put(TABLE, key(1), b.source, {})
    scene.settle()
    expect([[...a.held.keys()], [...b.held.keys()]]).to.deep.equal([[key(1)], []])
    scene.put(TABLE, key(1), a.source, { localPref: 200 })
    scene.settle()
    expect([[...a.held.keys()], [...b.held.keys()]]).to.deep.equal([[], [key(1)]])
    expect([...a.faults, ...b.faults]).to.deep.equal([])
  })

  it('leaves a full member where it stopped, and goes on for the others', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const slow = scene.join()
    const quick = scene.join()
    scene.settle()
    slow.credit = 2
    scene.teach(1, 2, 3, 4)
    scene.settle()
    expect([...slow.held.keys()]).to.deep.equal([key(1), key(2)])
    expect(quick.held.size).to.equal(4)
    expect(scene.group(slow).cohortCount).to.equal(2)
    // What changes meanwhile is sent once, in its last state, when the member drains.
    scene.forget(3)
    scene.put(TABLE, key(1), scene.peer, { label: 99 })
    scene.settle()
    expect(slow.received).to.equal(2)
    scene.drain(slow)
    scene.settle()
    expect(slow.received).to.equal(4)
    expect(slow.held.get(key(1))).to.equal('192.0.2.21/99')
    expect(scene.group(slow).cohortCount).to.equal(1)
    scene.expectHeld([slow, quick], 1, 2, 4)
  })

  it('tells a full member of withdraws, however long it stood still', () => {
    const scene = new GroupScene()
    const slow = scene.join()
    const quick = scene.join()
    scene.teach(1, 2)
    slow.credit = 1
    scene.settle()
    scene.forget(1, 2)
    scene.settle()
    expect(slow.held.size).to.equal(2)
    expect(scene.table(TABLE).routes.routeCount).to.equal(2)
    scene.drain(slow)
    scene.settle()
    scene.expectHeld([slow, quick])
    expect(scene.table(TABLE).routes.routeCount).to.equal(0)
  })

  it('tells a joiner that is full in the middle of its dump what it got and is gone, others being ahead', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const quick = scene.join()
    scene.teach(1, 2, 3)
    scene.settle()
    const slow = scene.member()
    slow.credit = 2
    scene.join(slow)
    scene.settle()
    expect([...slow.held.keys()]).to.deep.equal([key(1), key(2)])
    scene.forget(1)
    scene.settle()
    // The row may be another route's only when the withdraw is out.
    scene.teach(4)
    scene.settle()
    scene.drain(slow)
    scene.settle()
    scene.expectHeld([slow, quick], 2, 3, 4)
  })

  it('merges two members that drain at the same place', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const slow = [scene.join(), scene.join()]
    const quick = scene.join()
    scene.settle()
    for (const member of slow) member.credit = 1
    scene.teach(1, 2, 3)
    scene.settle()
    expect(scene.group(quick).cohortCount).to.equal(3)
    const { length } = scene.encoder.batches
    for (const member of slow) scene.drain(member)
    scene.settle()
    expect(scene.group(quick).cohortCount).to.equal(1)
    // Two routes for both together, one at a time.
    expect(scene.encoder.batches.length - length).to.be.at.most(3)
    scene.expectHeld([...slow, quick], 1, 2, 3)
  })

  it('gives a full member no more after the slice at hand until it drains', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const member = scene.join()
    scene.settle()
    member.credit = 1
    scene.teach(1, 2, 3)
    scene.settle()
    expect(member.received).to.equal(1)
    scene.drain(member)
    scene.drain(member)
    scene.settle()
    scene.expectHeld([member], 1, 2, 3)
  })

  it('holds the end of the dump back from a full member until it has everything', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    scene.teach(1, 2)
    scene.settle()
    const member = scene.member()
    member.credit = 2
    scene.join(member)
    scene.settle()
    expect(member.synced).to.equal(0)
    scene.drain(member)
    scene.settle()
    expect(member.synced).to.equal(1)
  })

  it('takes a member that leaves in the middle of a write out at once', () => {
    const scene = new GroupScene({ sliceRoutes: 2 })
    const leaver = scene.member()
    const write = leaver.write.bind(leaver)
    leaver.write = (table, frames) => {
      scene.leave(leaver)
      return write(table, frames)
    }
    scene.join(leaver)
    const stays = scene.join()
    scene.teach(1, 2, 3, 4)
    scene.settle()
    expect(leaver.received).to.equal(2)
    scene.expectHeld([stays], 1, 2, 3, 4)
    scene.forget(1, 2, 3, 4)
    scene.settle()
    scene.expectHeld([stays])
  })

  it('lets the last member leave in the middle of a write, or when it is told the end of the dump', () => {
    for (const moment of ['write', 'onSynced'] as const) {
      const scene = new GroupScene()
      const leaver = scene.member()
      leaver[moment] = () => {
        scene.leave(leaver)
        return true
      }
      scene.join(leaver)
      scene.teach(1)
      scene.settle()
      expect([...scene.rib.groups(scene.table(TABLE))]).to.deep.equal([])
      scene.forget(1)
      scene.settle()
      checkInvariants(scene.rib)
      expect(scene.rib.attrs.liveCount).to.equal(0)
    }
  })

  it('starts a member that leaves and joins again from nothing, its number used again', () => {
    const scene = new GroupScene()
    const first = scene.join()
    const second = scene.join()
    scene.teach(1, 2)
    scene.settle()
    const index = scene.group(first).indexOf(first)
    scene.leave(first)
    scene.forget(1)
    const third = scene.join()
    scene.settle()
    expect(scene.group(third).indexOf(third)).to.equal(index)
    scene.expectHeld([second, third], 2)
    expect(third.received).to.equal(1)
    scene.forget(2)
    scene.settle()
    scene.expectHeld([second, third])
  })

  it('lets go of all attribute sets with the last member', () => {
    const scene = new GroupScene()
    const member = scene.join()
    scene.teach(1, 2)
    scene.settle()
    scene.leave(member)
    scene.leave(member)
    scene.forget(1, 2)
    scene.settle()
    expect(scene.rib.attrs.liveCount).to.equal(0)
    expect(scene.rib.groupOf(scene.table(TABLE), member)).to.equal(undefined)
  })
})

describe('rib: route refresh (RFC 2918)', () => {
  it('sends everything again to the member that asked, and only to it', () => {
    const scene = new GroupScene()
    const asks = scene.join()
    const other = scene.join()
    scene.teach(1, 2)
    scene.settle()
    const before = other.received
    scene.refresh(asks)
    scene.settle()
    expect(other.received).to.equal(before)
    expect(asks.received).to.equal(before + 2)
    expect(asks.synced).to.equal(2)
    scene.expectHeld([asks, other], 1, 2)
    // And walks with the others again, without sending twice.
    scene.teach(3)
    scene.settle()
    expect(asks.received).to.equal(before + 3)
    expect(scene.group(asks).cohortCount).to.equal(1)
  })

  it('serves a full member when it drains', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const member = scene.join()
    scene.settle()
    member.credit = 1
    scene.teach(1, 2, 3)
    scene.settle()
    scene.refresh(member)
    scene.settle()
    expect(member.held.size).to.equal(0)
    scene.drain(member)
    scene.settle()
    scene.expectHeld([member], 1, 2, 3)
  })

  it('goes on sending again after it was full in the middle', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const member = scene.join()
    scene.teach(1, 2, 3)
    scene.settle()
    member.credit = 1
    scene.refresh(member)
    scene.settle()
    expect([...member.held.keys()]).to.deep.equal([key(1)])
    scene.drain(member)
    scene.settle()
    scene.expectHeld([member], 1, 2, 3)
  })

  it('withdraws what dies while the member begins again, though another cohort has passed it', () => {
    // The reaper stood at the tail; the other member sees the withdraw first, and the row must not be freed yet.
    for (let steps = 0; steps < 8; steps++) {
      const scene = new GroupScene({ sliceRoutes: 1 })
      const asks = scene.join()
      const other = scene.join()
      scene.teach(1, 2, 3, 4)
      scene.settle()
      scene.refresh(asks)
      for (let i = 0; i < steps; i++) scene.clock.step()
      scene.forget(1, 4)
      scene.settle()
      scene.teach(5)
      scene.settle()
      scene.expectHeld([asks, other], 2, 3, 5)
    }
  })

  it('withdraws what died while the member was full and asked for everything', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const asks = scene.join()
    const other = scene.join()
    scene.teach(1, 2, 3)
    scene.settle()
    asks.credit = 1
    scene.teach(4)
    scene.settle()
    scene.refresh(asks)
    scene.forget(2)
    scene.settle()
    expect(scene.table(TABLE).routes.routeCount).to.equal(4)
    scene.drain(asks)
    scene.settle()
    scene.expectHeld([asks, other], 1, 3, 4)
    expect(scene.table(TABLE).routes.routeCount).to.equal(3)
  })

  it('does not let a joiner walk with a member that is sent everything again', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const asks = scene.join()
    scene.teach(1, 2)
    scene.settle()
    scene.refresh(asks)
    const joiner = scene.join()
    scene.settle()
    scene.expectHeld([asks, joiner], 1, 2)
    expect(joiner.received).to.equal(2)
  })
})

describe('rib: many members', () => {
  for (const count of [31, 32, 33, 64, 65, 130]) {
    it(`serves ${count} of them alike, with the set of members widened while there is state`, () => {
      const scene = new GroupScene()
      const members = [scene.join()]
      scene.teach(1, 2, 3)
      scene.settle()
      scene.forget(3)
      while (members.length < count) members.push(scene.join())
      // Half of them have seen it, the other half joins while a withdraw is under way.
      scene.settle()
      scene.put(TABLE, key(1), scene.peer, { label: 17 })
      scene.forget(2)
      scene.teach(4)
      scene.settle()
      scene.expectHeld(members, 1, 4)
      for (const member of members) expect(member.held.get(key(1))).to.equal('192.0.2.21/17')
      expect(new Set(members.map((member) => scene.group(member).indexOf(member))).size).to.equal(count)
      scene.leave(members[count - 1]!)
      const again = scene.join()
      scene.forget(1)
      scene.settle()
      scene.expectHeld([...members.slice(0, -1), again], 4)
    })
  }

  it('keeps what full members are owed when the set of members is widened', () => {
    const scene = new GroupScene()
    const members = Array.from({ length: 32 }, () => scene.join())
    scene.teach(1, 2)
    scene.settle()
    for (const i of [0, 31]) members[i]!.credit = 1
    scene.teach(3)
    scene.settle()
    scene.forget(1)
    scene.put(TABLE, key(2), scene.peer, { label: 17 })
    scene.settle()
    members.push(scene.join(), scene.join())
    scene.settle()
    for (const i of [0, 31]) scene.drain(members[i]!)
    scene.settle()
    scene.expectHeld(members, 2, 3)
    for (const member of members) expect(member.held.get(key(2))).to.equal('192.0.2.21/17')
  })

  it('does not send the member of the highest bit its own path (bit sets are signed words)', () => {
    const scene = new GroupScene({ clusterId: 7 })
    const members = Array.from({ length: 33 }, (_, i) => {
      const member = new RecordingMember(scene.ibgp(`client${i}`, i, { isClient: true }))
      scene.joinBgp(TABLE, member, { clusterId: 7, isClient: true })
      return member
    })
    for (const i of [31, 32]) scene.put(TABLE, key(i), members[i]!.source)
    scene.settle()
    expect(members.map((member) => member.held.size)).to.deep.equal([
      ...Array.from({ length: 31 }, () => 2),
      1,
      1,
    ])
    expect([...members[31]!.held.keys()]).to.deep.equal([key(32)])
  })
})

describe('rib: a member with another rule', () => {
  it('keeps what both rules offer alike, updates the rest, and withdraws what the new one does not offer', () => {
    const scene = new GroupScene()
    const member = scene.join()
    scene.teach(1)
    scene.put(TABLE, key(2), scene.peer, { communities: [0xffffff01] })
    scene.settle()
    scene.expectHeld([member], 1, 2)
    // RFC 1997: NO_EXPORT stays inside the AS.
    scene.joinBgp(TABLE, member, { isIbgp: false, peerAs: 65009 })
    scene.settle()
    scene.expectHeld([member], 1)
    expect([...scene.rib.groups(scene.table(TABLE))].map((group) => group.memberCount)).to.deep.equal([1])
    scene.joinBgp(TABLE, member, { isIbgp: false, peerAs: 65009, sendNothing: true })
    scene.settle()
    scene.expectHeld([member])
  })

  it('stays full where it was full', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const member = scene.join()
    scene.settle()
    member.credit = 1
    scene.teach(1, 2)
    scene.settle()
    scene.joinBgp(TABLE, member, { isIbgp: false, peerAs: 65009 })
    scene.settle()
    expect(member.received).to.equal(1)
    scene.drain(member)
    scene.settle()
    scene.expectHeld([member], 1, 2)
  })

  it('is owed withdraws of what dies while it moves', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const member = scene.join()
    const other = scene.join()
    scene.teach(1, 2)
    scene.settle()
    scene.joinBgp(TABLE, member, { isIbgp: false, peerAs: 65009 })
    scene.forget(1)
    scene.settle()
    scene.teach(3)
    scene.settle()
    scene.expectHeld([member, other], 2, 3)
  })
})
