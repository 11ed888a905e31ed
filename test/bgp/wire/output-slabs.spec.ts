import { expect } from 'chai'
import { OutputSlabs, useOfPiece } from '../../../bgp/wire/output-slabs.ts'

describe('OutputSlabs', () => {
  /** All slabs that can be had, and new ones. */
  function batch(slabs: OutputSlabs): Uint8Array[] {
    slabs.beginBatch()
    return Array.from({ length: 40 }, () => slabs.next())
  }

  it('gives a slab out again once every socket has taken its pieces', () => {
    const slabs = new OutputSlabs()
    const slab = slabs.next()
    const [first, second] = [useOfPiece(slab.subarray(0, 100)), useOfPiece(slab.subarray(0, 100))]
    first!()
    // Left, and then its batch is over: still, one has not taken it.
    batch(slabs)
    expect(batch(slabs)).not.to.include(slab)
    second!()
    expect(batch(slabs)).to.include(slab)
  })

  it('gives no slab out again before the batch is over that it holds pieces of', () => {
    const slabs = new OutputSlabs()
    expect(new Set(batch(slabs)).size).to.equal(40)
  })

  it('does not know octets that lie elsewhere', () => {
    expect(useOfPiece(new Uint8Array(3))).to.equal(undefined)
  })
})
