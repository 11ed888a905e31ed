import { expect } from 'chai'
import fc from 'fast-check'
import { PackOrder } from '../../../bgp/session/pack-order.ts'

describe('PackOrder', () => {
  it('brings equal wants together, in their order, and loses none', () => {
    const pack = new PackOrder()
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5_000 }), (wants) => {
        pack.arrange(Int32Array.from(wants), wants.length)
        const order = [...pack.order.subarray(0, wants.length)]
        expect([...order].sort((a, b) => a - b)).to.deep.equal(wants.map((_, index) => index))
        const stretches = order.filter((at, index) => index === 0 || wants[at] !== wants[order[index - 1]!])
        expect(stretches).to.have.length(new Set(wants).size)
        for (let i = 1; i < order.length; i++) {
          if (wants[order[i]!] === wants[order[i - 1]!]) expect(order[i]).to.be.greaterThan(order[i - 1]!)
        }
      }),
    )
  })
})
