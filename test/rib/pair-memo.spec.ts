import { expect } from 'chai'
import fc from 'fast-check'
import { PairMemo } from '../../rib/pair-memo.ts'

describe('rib: memo of pairs', () => {
  it('remembers what a Map would, and nothing once it is cleared', () => {
    const number = fc.oneof(fc.nat({ max: 6 }), fc.constantFrom(65_536, 65_537, 0x7ffffffe))
    const step = fc.tuple(number, number, fc.nat())
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 100, size: 'max' }),
        fc.nat({ max: 100 }),
        (steps, clearedAt) => {
          const memo = new PairMemo()
          const known = new Map<string, number>()
          steps.forEach(([a, b, value], index) => {
            if (index === clearedAt) {
              memo.clear()
              known.clear()
            }
            expect(memo.get(a, b)).to.equal(known.get(`${a} ${b}`) ?? -1)
            if (!known.has(`${a} ${b}`)) {
              memo.set(a, b, value)
              known.set(`${a} ${b}`, value)
            }
            for (const [pair, kept] of known) {
              const [x, y] = pair.split(' ').map(Number)
              expect(memo.get(x!, y!)).to.equal(kept)
            }
          })
        },
      ),
    )
  })
})
