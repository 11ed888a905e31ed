import { expect } from 'chai'
import { GroupScene, key, TABLE } from './group-scene.ts'

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

  it('does not end where a member that is not sent everything again goes on from the same place', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const asks = scene.join()
    scene.teach(1, 2, 3, 4)
    scene.settle()
    asks.credit = 1
    scene.refresh(asks)
    scene.settle()
    const joiner = scene.member()
    joiner.credit = 2
    scene.join(joiner)
    scene.settle()
    expect([asks.held.size, joiner.held.size]).to.deep.equal([1, 2])
    scene.drain(asks)
    while (asks.held.size < 2) expect(scene.clock.step()).to.equal(true)
    scene.drain(joiner)
    scene.settle()
    scene.expectHeld([asks, joiner], 1, 2, 3, 4)
  })

  it('is not shared by a member that comes to the same place with everything in hand', () => {
    const scene = new GroupScene({ sliceRoutes: 1 })
    const [slow, asks] = [scene.join(), scene.join()]
    scene.teach(1, 2, 3)
    scene.settle()
    slow.credit = 1
    scene.teach(4)
    scene.settle()
    // Marks without a change: nothing that anybody has to be told of.
    for (const n of [1, 2]) scene.put(TABLE, key(n), scene.ebgp(`worse${n}`, 200), { localPref: 50 })
    scene.settle()
    asks.credit = 3
    scene.refresh(asks)
    scene.settle()
    expect([...asks.held.keys()]).to.deep.equal([3, 4, 1].map(key))
    const { received } = slow
    scene.drain(slow)
    scene.clock.step()
    scene.drain(asks)
    scene.settle()
    expect(slow.received).to.equal(received)
    scene.expectHeld([slow, asks], 1, 2, 3, 4)
  })

  it('is over with the last route: later marks without a change send nothing', () => {
    const scene = new GroupScene()
    const member = scene.join()
    scene.teach(1)
    scene.settle()
    scene.refresh(member)
    scene.settle()
    const { received } = member
    scene.put(TABLE, key(1), scene.ebgp('worse', 200), { localPref: 50 })
    scene.settle()
    expect(member.received).to.equal(received)
  })
})
