import { expect } from 'chai'
import fc from 'fast-check'
import {
  formatCommunity,
  formatLargeCommunity,
  parseCommunity,
  parseLargeCommunity,
} from '../../../rib/model/community.ts'
import { labelField, labelOfField, MAX_LABEL } from '../../../rib/model/label.ts'
import {
  formatRouteDistinguisher,
  ipv4RouteDistinguisher,
  parseRouteDistinguisher,
} from '../../../rib/model/route-distinguisher.ts'
import {
  automaticRouteTarget,
  formatRouteTarget,
  parseRouteTarget,
  routeTargetHigh,
  routeTargetLow,
  routeTargetOf,
} from '../../../rib/model/route-target.ts'

const word = fc.integer({ min: -0x80000000, max: 0x7fffffff })
const refusedNumbers = [
  '',
  '1',
  ':1',
  '1:',
  '1:2:3:4',
  '65536:65536',
  '4294967296:1',
  '1.2.3:1',
  '1.2.3.4:65536',
  '1.2.3.4L:1',
  '1:4294967296',
  '-1:1',
  '1L:65536',
]

describe('route distinguishers (RFC 4364 §4.2)', () => {
  it('go to text and back whatever their type', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat({ max: 3 }).map((type) => type << 16),
          word,
        ),
        word,
        (high, low) => {
          const parsed = parseRouteDistinguisher(formatRouteDistinguisher(high, low))
          expect(parsed).to.deep.equal({ high, low })
        },
      ),
    )
  })

  for (const [text, high, low] of [
    ['64512:100', 0x0000fc00, 100],
    ['65535:4294967295', 0x0000ffff, -1],
    ['192.0.2.21:3', 0x0001c000, 0x02150003],
    ['255.255.255.255:65535', 0x0001ffff, -1],
    ['4200000000:3', 0x0002fa56, 0xea000003 | 0],
    ['65000L:3', 0x00020000, 0xfde80003 | 0],
    ['0xffff000000000001', 0xffff0000 | 0, 1],
  ] as const) {
    it(`reads and writes ${text}`, () => {
      expect(parseRouteDistinguisher(text)).to.deep.equal({ high, low })
      expect(formatRouteDistinguisher(high, low)).to.equal(text)
    })
  }

  it('of a compute node and an instance id is of type 1, the id in 16 bits', () => {
    const { high, low } = ipv4RouteDistinguisher(0xc0000215 | 0, 0x1_0007)
    expect(formatRouteDistinguisher(high, low)).to.equal('192.0.2.21:7')
  })

  it('are refused when malformed or out of range', () => {
    for (const text of [...refusedNumbers, '0x00', '0x00000000000000001']) {
      expect(parseRouteDistinguisher(text), text).to.equal(undefined)
    }
  })
})

describe('route targets (RFC 4360 §4, RFC 5668)', () => {
  it('are exact numbers of the community they stand for', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 }), fc.nat({ max: 0xffff }), word, (type, upper, low) => {
        const high = (type << 24) | (2 << 16) | upper
        const target = routeTargetOf(high, low)!
        expect(Number.isSafeInteger(target)).to.equal(true)
        expect([routeTargetHigh(target), routeTargetLow(target)]).to.deep.equal([high, low])
        expect(parseRouteTarget(formatRouteTarget(target))).to.equal(target)
        expect(parseRouteTarget(formatRouteTarget(target).replace('target:', ''))).to.equal(target)
      }),
    )
  })

  it('are told from other communities by type and sub-type', () => {
    for (const high of [0x03020000, 0x00030000, 0x40020000, 0x80020000 | 0]) {
      expect(routeTargetOf(high, 1)).to.equal(undefined)
    }
  })

  for (const [text, high, low] of [
    ['target:64512:100', 0x0002fc00, 100],
    ['target:64512:4294967295', 0x0002fc00, -1],
    ['target:192.0.2.1:100', 0x0102c000, 0x02010064],
    ['target:4200000000:100', 0x0202fa56, 0xea000064 | 0],
    ['target:65000L:100', 0x02020000, 0xfde80064 | 0],
  ] as const) {
    it(`reads and writes ${text}`, () => {
      const target = parseRouteTarget(text)!
      expect([routeTargetHigh(target), routeTargetLow(target)]).to.deep.equal([high, low])
      expect(formatRouteTarget(target)).to.equal(text)
    })
  }

  it('are refused when malformed or out of range', () => {
    for (const text of [...refusedNumbers, 'target:', 'rt:1:1', 'target:target:1:1']) {
      expect(parseRouteTarget(text), text).to.equal(undefined)
    }
  })

  it('of a network itself is 8000000+n, or 8000+n where the AS needs four octets', () => {
    expect(formatRouteTarget(automaticRouteTarget(64512, 5))).to.equal('target:64512:8000005')
    expect(formatRouteTarget(automaticRouteTarget(4200000000, 5))).to.equal('target:4200000000:8005')
  })
})

describe('communities (RFC 1997, RFC 8092)', () => {
  it('go to text and back', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (value) => {
        expect(parseCommunity(formatCommunity(value))).to.equal(value)
      }),
    )
  })

  it('have names where IANA gives one', () => {
    expect(formatCommunity(0xffffff01)).to.equal('no-export')
    expect(parseCommunity('NO-ADVERTISE')).to.equal(0xffffff02)
    expect(parseCommunity('65535:6')).to.equal(parseCommunity('llgr-stale'))
    expect(formatCommunity(64512 * 65536 + 1)).to.equal('64512:1')
  })

  it('are refused when malformed or out of range', () => {
    for (const text of ['', '1', '65536:1', '1:65536', '1:1:1', 'no-such', '-1:1']) {
      expect(parseCommunity(text), text).to.equal(undefined)
    }
    for (const text of ['', '1:1', '1:1:4294967296', '1:1:1:1', 'a:1:1']) {
      expect(parseLargeCommunity(text), text).to.equal(undefined)
    }
  })

  it('go to text and back when large', () => {
    const number = fc.nat({ max: 0xffffffff })
    fc.assert(
      fc.property(number, number, number, (global, local1, local2) => {
        const community = { global, local1, local2 }
        expect(parseLargeCommunity(formatLargeCommunity(community))).to.deep.equal(community)
      }),
    )
  })
})

describe('labels (RFC 3032 §2.1)', () => {
  it('stand in the upper 20 bits of their field, with the bottom-of-stack bit', () => {
    fc.assert(
      fc.property(fc.nat({ max: MAX_LABEL }), (label) => {
        expect(labelOfField(labelField(label))).to.equal(label)
        expect(labelField(label) & 15).to.equal(1)
        expect(labelField(label)).to.be.at.most(0xffffff)
      }),
    )
  })
})
