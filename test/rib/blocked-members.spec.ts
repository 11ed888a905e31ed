import { expect } from 'chai'
import { RecordingMember } from '../support/recording-member.ts'
import { Scene } from './scene.ts'

/** A member in the tables of several VRFs, with one transport for them all. */
class BlockedScene extends Scene {
  readonly member = new RecordingMember(this.agent('reader'))
  #label = 16
  readonly #writer = this.agent('writer', 2)

  /** One route in each of so many VRFs. */
  fill(count: number): this {
    for (let i = 0; i < count; i++) {
      this.vrf(`vrf${i}`)
      this.put(`vrf${i}.inet.0`, keyOf(i), this.#writer)
    }
    return this.settle()
  }

  change(number: number): void {
    this.put(`vrf${number}.inet.0`, keyOf(number), this.#writer, { label: ++this.#label })
    this.settle()
  }

  enter(number: number): void {
    this.joinAgent(`vrf${number}.inet.0`, this.member)
  }

  exit(number: number): void {
    this.rib.leave(this.table(`vrf${number}.inet.0`), this.member)
  }

  drain(credit = Infinity): void {
    this.member.credit = credit
    this.rib.unblock(this.member)
    this.settle()
  }
}

const keyOf = (number: number): string => `10.0.${number}.0/24`

describe('rib: a member whose transport is full', () => {
  it('is written to by no other table either, until it drains', () => {
    const scene = new BlockedScene().fill(5)
    scene.member.credit = 1
    for (let i = 0; i < 5; i++) scene.enter(i)
    scene.settle()
    expect(scene.member.held.size).to.equal(1)
    scene.drain()
    expect([...scene.member.held.keys()].sort()).to.deep.equal([0, 1, 2, 3, 4].map(keyOf))
    expect(scene.member.synced).to.equal(5)
  })

  it('is written to by no table that it joins, or leaves and joins again', () => {
    const scene = new BlockedScene().fill(3)
    scene.member.credit = 1
    scene.enter(0)
    scene.settle()
    for (let i = 0; i < 10; i++) {
      scene.exit(0)
      scene.settle()
      scene.enter(0)
      scene.enter(1 + (i & 1))
      scene.settle()
    }
    expect(scene.member.received).to.equal(1)
    scene.drain()
    expect(scene.member.held.size).to.equal(3)
  })

  it('gets from every table in turn, however much changes in one', () => {
    const scene = new BlockedScene().fill(3)
    scene.member.credit = 1
    for (let i = 0; i < 3; i++) scene.enter(i)
    scene.settle()
    for (let i = 0; i < 2; i++) {
      scene.change(0)
      scene.drain(1)
    }
    expect([...scene.member.held.keys()].sort()).to.deep.equal([0, 1, 2].map(keyOf))
  })
})
