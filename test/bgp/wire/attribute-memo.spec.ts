import { expect } from 'chai'
import { AttributeMemo } from '../../../bgp/wire/attribute-memo.ts'
import { AttributeScan } from '../../../bgp/wire/attribute-scan.ts'
import { AttrTable } from '../../../rib/attr-table.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import type { AttrSet } from '../../../rib/model/attr-set.ts'

describe('AttributeMemo', () => {
  const nextHop = { kind: 0, start: 0, end: 0 }

  /** MULTI_EXIT_DISC with this value. */
  function octetsOf(med: number): Uint8Array {
    return Uint8Array.of(0x80, 4, 4, med >>> 24, med >>> 16, med >>> 8, med)
  }

  function scanOf(octets: Uint8Array): AttributeScan {
    const scan = new AttributeScan()
    scan.run(octets, 0, octets.length)
    return scan
  }

  it('searches a bounded number of slots, though a peer makes octets that all have one hash', () => {
    const memo = new AttributeMemo()
    const attrs = new AttrTable()
    for (let med = 0; med < 1_000; med++) {
      const octets = octetsOf(med)
      const scan = scanOf(octets)
      scan.hash = 7
      const set = attrs.intern({ ...plainAttributes, med })
      expect(memo.find(scan, nextHop)).to.equal(undefined)
      memo.store(octets, scan, nextHop, set)
      expect(memo.find(scan, nextHop)).to.equal(set)
      expect(memo.size).to.be.at.most(64)
    }
  })

  it('remembers as many sets as it has room for when hashes are what they are', () => {
    const memo = new AttributeMemo()
    const attrs = new AttrTable()
    for (let med = 0; med < 20_000; med++) {
      const octets = octetsOf(med)
      memo.store(octets, scanOf(octets), nextHop, attrs.intern({ ...plainAttributes, med }))
    }
    expect(memo.size).to.equal(20_000)
  })

  it('is as small as at first once it is released, and remembers again', () => {
    const memo = new AttributeMemo()
    const attrs = new AttrTable()
    const first = memo.octets
    for (let round = 0; round < 2; round++) {
      for (let med = 0; med < 5_000; med++) {
        const octets = octetsOf(med)
        const set = attrs.intern({ ...plainAttributes, med })
        memo.store(octets, scanOf(octets), nextHop, set)
        expect(memo.find(scanOf(octets), nextHop)).to.equal(set)
      }
      expect(memo.octets).to.be.greaterThan(10 * first)
      memo.release()
      expect(memo.octets).to.equal(first)
      expect(memo.find(scanOf(octetsOf(7)), nextHop)).to.equal(undefined)
    }
  })

  it('tells octets apart wherever they differ, and finds them wherever they lie', () => {
    const body = Uint8Array.of(...octetsOf(1), ...octetsOf(2).with(1, 9), 0x40, 5, 4, 0, 0, 0, 7)
    const hop = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1)
    const memo = new AttributeMemo()
    const set = new AttrTable().intern(plainAttributes)
    /** Attributes from an offset on, and the next hop behind them. */
    const look = (at: number, changed = -1): AttrSet | undefined => {
      const octets = Uint8Array.of(...new Uint8Array(at), ...body, ...hop)
      if (changed >= 0) octets[at + changed]! ^= 1
      const scan = new AttributeScan()
      scan.run(octets, at, at + body.length)
      const nextHopAt = { kind: 5, start: at + body.length, end: at + body.length + hop.length }
      // By content, not by hash: that of the octets that are remembered.
      if (changed >= 0) scan.hash = hashThatMeets(scan, octets, nextHopAt)
      const found = memo.find(scan, nextHopAt)
      if (memo.size === 0) memo.store(octets, scan, nextHopAt, set)
      return found
    }
    look(0)
    const known = scanOf(body).hash
    function hashThatMeets(scan: AttributeScan, octets: Uint8Array, hopAt: { start: number }): number {
      // The next hop is mixed in behind it; where that is the same, the hash of the attributes decides.
      return octets.subarray(hopAt.start).every((octet, i) => octet === hop[i]) ? known : scan.hash
    }
    for (let at = 0; at < 8; at++) expect(look(at), `at ${at}`).to.equal(set)
    for (let i = 0; i < body.length + hop.length; i++) expect(look(3, i), `octet ${i}`).to.equal(undefined)
  })
})
