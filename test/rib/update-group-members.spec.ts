import { expect } from 'chai'
import { RecordingMember } from '../support/recording-member.ts'
import { GroupScene, key, TABLE } from './group-scene.ts'

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

  it('is still sent everything again where it had asked for that and moves meanwhile (RFC 2918)', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const member = scene.join()
    scene.teach(1, 2)
    scene.settle()
    member.startRefresh()
    scene.rib.refresh(scene.table(TABLE), member)
    scene.joinBgp(TABLE, member, { encodingKey: 'other' })
    scene.settle()
    expect([...member.unconfirmed]).to.deep.equal([])
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
