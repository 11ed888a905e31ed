import { expect } from 'chai'
import fc from 'fast-check'
import { messageCount, MessagePieces } from '../../../bgp/wire/message-pieces.ts'

describe('MessagePieces', () => {
  it('hands out every octet once and in order, in as few pieces as the slabs allow', () => {
    const message = fc.record({
      length: fc.integer({ min: 1, max: 9 }),
      opensSlab: fc.boolean(),
      ends: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
        const pieces = new MessagePieces()
        let slab = new Uint8Array(512)
        let at = 0
        let value = 0
        let expected: number[] = []
        let count = 0
        let slabs = 0
        const take = (): void => {
          const taken = pieces.take()
          expect(taken.flatMap((piece) => [...piece])).to.deep.equal(expected)
          expect(taken.reduce((sum, piece) => sum + messageCount(piece), 0)).to.equal(count)
          expect(taken).to.have.length(slabs)
          expected = []
          count = 0
          slabs = 0
        }
        for (const { length, opensSlab, ends } of messages) {
          if (opensSlab) {
            slab = new Uint8Array(512)
            at = 0
          }
          if (opensSlab || count === 0) slabs++
          for (let i = 0; i < length; i++) {
            slab[at + i] = ++value
            expected.push(value & 255)
          }
          pieces.add(slab, at, at + length)
          at += length
          count++
          if (ends) take()
        }
        take()
      }),
    )
  })
})
