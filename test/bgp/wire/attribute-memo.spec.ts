import { expect } from 'chai'
import { AttributeMemo } from '../../../bgp/wire/attribute-memo.ts'
import { AttributeScan } from '../../../bgp/wire/attribute-scan.ts'
import { AttrTable } from '../../../rib/attr-table.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'

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
      expect(memo.find(octets, scan, nextHop)).to.equal(undefined)
      memo.store(octets, scan, nextHop, set)
      expect(memo.find(octets, scan, nextHop)).to.equal(set)
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
})
