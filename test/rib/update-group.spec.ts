import { expect } from 'chai'
import { checkInvariants } from '../support/rib-check.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { GroupScene, key, TABLE } from './group-scene.ts'

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

  it('lets a joiner pass members that are full', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const slow = scene.join()
    scene.settle()
    slow.credit = 1
    scene.teach(1, 2, 3)
    scene.settle()
    const late = scene.join()
    scene.settle()
    scene.expectHeld([late], 1, 2, 3)
    expect([late.synced, slow.received]).to.deep.equal([1, 1])
    scene.teach(4)
    scene.settle()
    scene.expectHeld([late], 1, 2, 3, 4)
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
