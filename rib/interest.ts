/**
 * Which members of a group want a route with given targets (RFC 4684 §5), as a bit set per attribute set, computed once
 * until somebody's membership changes.
 */
import { setBit } from './bit-set.ts'
import type { AttrSet } from './model/attr-set.ts'
import type { PathSource } from './path-source.ts'
import type { RtMembership } from './rt-membership.ts'

interface InterestedMember {
  readonly source: PathSource
  readonly filtersByTarget: boolean
}

export class Interest {
  readonly #membership: RtMembership
  readonly #memo = new Map<number, Int32Array>()
  #members: readonly (InterestedMember | undefined)[] = []
  #words = 1
  #anyFilters = false
  /** Member index by source number; -1 for none. */
  #indexBySource: number[] = []

  constructor(membership: RtMembership) {
    this.#membership = membership
  }

  setMembers(members: readonly (InterestedMember | undefined)[], words: number): void {
    this.#members = members
    this.#words = words
    this.#anyFilters = members.some((member) => member?.filtersByTarget === true)
    this.#indexBySource = []
    members.forEach((member, index) => {
      if (member) this.#indexBySource[member.source.id] = index
    })
    this.forget()
  }

  forget(): void {
    this.#memo.clear()
  }

  /** Bits of the members that want routes with these attributes; undefined means all. */
  // hot: once per change
  of(attrs: AttrSet): Int32Array | undefined {
    if (!this.#anyFilters) return undefined
    let bits = this.#memo.get(attrs.id)
    if (!bits) {
      bits = this.#compute(attrs)
      this.#memo.set(attrs.id, bits)
    }
    return bits
  }

  // hot: once per change
  indexOfSource(sourceId: number): number {
    return this.#indexBySource[sourceId] ?? -1
  }

  #compute(attrs: AttrSet): Int32Array {
    const bits = new Int32Array(this.#words)
    this.#members.forEach((member, index) => {
      if (!member) return
      if (member.filtersByTarget && !this.#membership.wants(member.source, attrs)) return
      setBit(bits, index)
    })
    return bits
  }
}
