import { expect } from 'chai'
import { parseCommunity, parseLargeCommunity } from '../../../rib/model/community.ts'
import { parseRouteTarget, routeTargetHigh, routeTargetLow } from '../../../rib/model/route-target.ts'
import {
  isCommunity,
  isExtCommunity,
  isLargeCommunity,
  parseCommunityPattern,
  parseExtCommunityPattern,
  parseLargeCommunityPattern,
} from '../../../rib/policy/community-pattern.ts'

function matchesStandard(pattern: string, community: string): boolean {
  return isCommunity(parseCommunity(community)!, parseCommunityPattern(pattern)!)
}

function matchesTarget(pattern: string, target: string): boolean {
  const value = parseRouteTarget(target)!
  return isExtCommunity(routeTargetHigh(value), routeTargetLow(value), parseExtCommunityPattern(pattern)!)
}

describe('community patterns', () => {
  const standard: readonly (readonly [string, string, boolean])[] = [
    ['64512:100', '64512:100', true],
    ['64512:100', '64512:101', false],
    ['64512:*', '64512:7', true],
    ['64512:*', '64513:7', false],
    ['*:666', '3:666', true],
    ['64512:100-199', '64512:199', true],
    ['64512:100-199', '64512:200', false],
    ['no-export', '65535:65281', true],
    ['*:*', 'no-export', true],
  ]
  for (const [pattern, community, expected] of standard) {
    it(`${pattern} ${expected ? 'means' : 'does not mean'} ${community}`, () => {
      expect(matchesStandard(pattern, community)).to.equal(expected)
    })
  }

  it('have three parts for large communities (RFC 8092)', () => {
    const pattern = parseLargeCommunityPattern('4200000000:1:*')!
    expect(isLargeCommunity(parseLargeCommunity('4200000000:1:9')!, pattern)).to.equal(true)
    expect(isLargeCommunity(parseLargeCommunity('4200000000:2:9')!, pattern)).to.equal(false)
  })

  const targets: readonly (readonly [string, string, boolean])[] = [
    ['target:64512:*', 'target:64512:100', true],
    ['target:64512:100', 'target:64512:101', false],
    ['target:64512:*', 'target:64512L:100', false],
    ['target:64512L:*', 'target:64512L:100', true],
    ['target:4200000000:*', 'target:4200000000:7', true],
    ['target:192.0.2.1:*', 'target:192.0.2.1:7', true],
    ['target:*:7', 'target:192.0.2.1:7', true],
    ['target:*:7', 'target:4200000000:7', true],
    ['target:*:*', 'target:64512:4000000000', true],
    ['target:60000-70000:7', 'target:70000:7', true],
    ['target:60000-70000:7', 'target:60000:7', true],
  ]
  for (const [pattern, target, expected] of targets) {
    it(`${pattern} ${expected ? 'means' : 'does not mean'} ${target}`, () => {
      expect(matchesTarget(pattern, target)).to.equal(expected)
    })
  }

  it('know encapsulations by name, whatever stands in the reserved octets (RFC 9012 §4.1)', () => {
    const pattern = parseExtCommunityPattern('encapsulation:udp')!
    expect(isExtCommunity(0x030c0007, (9 << 16) | 13, pattern)).to.equal(true)
    expect(isExtCommunity(0x030c0000, 2, pattern)).to.equal(false)
  })

  it('take any extended community in hexadecimal digits', () => {
    const pattern = parseExtCommunityPattern('0x4004fde900000001')!
    expect(isExtCommunity(0x4004fde9, 1, pattern)).to.equal(true)
    expect(isExtCommunity(0x4004fde9, 2, pattern)).to.equal(false)
  })

  for (const text of ['64512', '64512:', ':1', '70000:1', '1:2:3', '64512:5-1', 'a:b', '']) {
    it(`refuse ${JSON.stringify(text)} as a standard community`, () => {
      expect(parseCommunityPattern(text)).to.equal(undefined)
    })
  }

  for (const text of ['64512:1', 'target:1', 'target:1:2:3', 'target:192.0.2.1:70000', 'flag:1:2', '0x12']) {
    it(`refuse ${text} as an extended community`, () => {
      expect(parseExtCommunityPattern(text)).to.equal(undefined)
    })
  }
})
