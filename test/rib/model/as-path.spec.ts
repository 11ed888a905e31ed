import { expect } from 'chai'
import fc from 'fast-check'
import { asPathLength, formatAsPath, neighborAs, prependAs, SegmentType } from '../../../rib/model/as-path.ts'

const seq = (...asns: number[]) => ({ type: SegmentType.sequence, asns })
const set = (...asns: number[]) => ({ type: SegmentType.set, asns })
const confed = (...asns: number[]) => ({ type: SegmentType.confedSequence, asns })
const confedSet = (...asns: number[]) => ({ type: SegmentType.confedSet, asns })

describe('AS_PATH (RFC 4271 §4.3 b)', () => {
  it('counts a set once and confederation segments not at all (RFC 4271 §9.1.2.2 a, RFC 5065 §5.3)', () => {
    expect(asPathLength([])).to.equal(0)
    expect(asPathLength([seq(1, 2), set(3, 4, 5), seq(6)])).to.equal(4)
    expect(asPathLength([confed(7, 8), confedSet(9), seq(1)])).to.equal(1)
  })

  it('names the neighbour AS of a leading sequence, none where a set leads (RFC 4271 §9.1.2.2 c)', () => {
    expect(neighborAs([seq(1, 2)])).to.equal(1)
    expect(neighborAs([confed(7), seq(1, 2)])).to.equal(1)
    expect(neighborAs([set(1, 2), seq(3)])).to.equal(0)
    expect(neighborAs([])).to.equal(0)
    expect(neighborAs([confed(7)])).to.equal(0)
  })

  it('puts one AS in front without changing the path it comes from (RFC 4271 §5.1.2 b)', () => {
    const segment = fc.record({
      type: fc.constantFrom(...Object.values(SegmentType)),
      asns: fc.array(fc.nat({ max: 0xffffffff }), { minLength: 1, maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 4 }), fc.nat({ max: 0xffffffff }), (path, asn) => {
        const before = structuredClone(path)
        const after = prependAs(path, asn)
        expect(path).to.deep.equal(before)
        expect(asPathLength(after)).to.equal(asPathLength(path) + 1)
        expect(neighborAs(after)).to.equal(asn)
        expect(after.flatMap(({ asns }) => asns)).to.deep.equal([asn, ...path.flatMap(({ asns }) => asns)])
      }),
    )
  })

  it('begins a new segment when the leading one is full or no sequence', () => {
    const full = seq(...Array.from({ length: 255 }, (_, i) => i + 1))
    expect(prependAs([full], 9).map(({ asns }) => asns.length)).to.deep.equal([1, 255])
    expect(prependAs([seq(...full.asns.slice(1))], 9).map(({ asns }) => asns.length)).to.deep.equal([255])
    expect(prependAs([set(1, 2)], 9)).to.deep.equal([seq(9), set(1, 2)])
    expect(prependAs([confed(1)], 9)).to.deep.equal([seq(9), confed(1)])
  })

  it('shows each kind of segment in its own brackets', () => {
    expect(formatAsPath([confed(7, 8), confedSet(9, 10), seq(1, 2), set(3, 4)])).to.equal(
      '(7 8) [9,10] 1 2 {3,4}',
    )
    expect(formatAsPath([])).to.equal('')
  })
})
