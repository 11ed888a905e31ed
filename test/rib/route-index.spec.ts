import { expect } from 'chai'
import fc from 'fast-check'
import { place, RouteIndex } from '../../rib/route-index.ts'

/** Rows by hash: what the index has to find. Hashes are given, so that they meet where a test wants it. */
class Filled {
  readonly index = new RouteIndex()
  readonly hashOf = new Map<number, number>()

  add(row: number, hash: number): void {
    place(this.index.segmentToAdd(hash), row, hash)
    this.hashOf.set(row, hash)
  }

  remove(row: number): void {
    this.index.remove(this.hashOf.get(row)!, row)
    this.hashOf.delete(row)
  }

  /** Rows that a lookup would not reach. */
  missing(): number[] {
    return [...this.hashOf].filter(([row, hash]) => !this.#finds(row, hash)).map(([row]) => row)
  }

  #finds(row: number, hash: number): boolean {
    const { slots, mask } = this.index.segmentOf(hash)
    for (let slot = hash & mask; slots[slot * 2] !== 0; slot = (slot + 1) & mask) {
      if (slots[slot * 2] === row) return slots[slot * 2 + 1] === hash
    }
    return false
  }
}

const scattered = (n: number): number => Math.imul(n, 0x9e3779b1) ^ (n << 7)

describe('rib: index of routes', () => {
  it('finds every row through the splits of its segments, and none that is gone', () => {
    const filled = new Filled()
    for (let row = 1; row <= 100_000; row++) filled.add(row, scattered(row))
    expect(filled.missing()).to.deep.equal([])
    for (let row = 1; row <= 100_000; row += 3) filled.remove(row)
    expect(filled.missing()).to.deep.equal([])
    for (let row = 1; row <= 100_000; row += 3) filled.add(row, scattered(row + 7))
    expect(filled.missing()).to.deep.equal([])
  })

  it('takes more rows than a segment holds whose hashes agree in all bits, or in the upper ones', () => {
    for (const hash of [() => 0x7fffffff, () => -1, (row: number) => row & 0x3fff, (row: number) => ~row]) {
      const filled = new Filled()
      // All in one probe run: quadratic, so few more than a segment takes.
      for (let row = 1; row <= 8_300; row++) filled.add(row, hash(row))
      expect(filled.missing()).to.deep.equal([])
    }
  })

  it('keeps a probe run whole when rows go out of its middle, whatever the hashes (at the seam of the array too)', () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 5 })), { size: 'max', maxLength: 200 })
    fc.assert(
      fc.property(steps, (pairs) => {
        const filled = new Filled()
        for (const [n, low] of pairs) {
          const row = n + 1
          if (filled.hashOf.has(row)) filled.remove(row)
          else filled.add(row, (n << 24) | (0x7e + low))
          expect(filled.missing()).to.deep.equal([])
        }
      }),
    )
  })

  it('splits a segment alone: the others stay the arrays they were', () => {
    const filled = new Filled()
    for (let row = 1; row <= 20_000; row++) filled.add(row, scattered(row))
    const before = filled.index.segmentOf(0x7fff0000).slots
    for (let row = 20_001; row <= 40_000; row++) filled.add(row, scattered(row) | 0x80000000)
    expect(filled.index.segmentOf(0x7fff0000).slots).to.equal(before)
    expect(filled.missing()).to.deep.equal([])
  })
})
