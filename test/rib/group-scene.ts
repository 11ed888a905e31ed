/** A scene around one update group. */
import { expect } from 'chai'
import type { UpdateGroup } from '../../rib/update-group.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { Scene, ShortEncoder } from './scene.ts'

export const TABLE = 'inet.0'
export const key = (n: number): string => `10.0.${n >>> 8}.${n & 255}/32`

/** A table with routes of one eBGP peer, and members of one iBGP group. */
export class GroupScene extends Scene {
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

  group(member: RecordingMember): UpdateGroup {
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
