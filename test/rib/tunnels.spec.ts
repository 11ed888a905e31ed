import { expect } from 'chai'
import fc from 'fast-check'
import { encapsulationCommunity, tunnelTypesOf } from '../../rib/model/ext-community.ts'
import type { Attributes } from '../../rib/model/attr-set.ts'
import { mapIpv4, parseIpAddress } from '../../rib/model/ip-address.ts'
import {
  tunnelAttribute,
  tunnelAttributeOf,
  tunnelsFault,
  tunnelTypesOfRoute,
} from '../../rib/model/tunnel-encapsulation.ts'
import { offeredTunnels, withDefaultTunnels, withoutTunnelAttribute } from '../../rib/tunnels.ts'
import { attributes } from './scene.ts'

const GRE = 2
const UDP = 13
const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const other = { flags: 0xe0, type: 99, value: Uint8Array.of(1) }

/** A route to 192.0.2.21 with communities of these types and an attribute of this value. */
function route(communities: readonly number[], value?: string): Attributes {
  const attribute = value === undefined ? [] : [{ flags: 0xc0, type: 23, value: octets(value) }]
  return {
    ...attributes({ ext: communities.map(encapsulationCommunity), targets: [1] }),
    unknown: [...attribute, other],
  }
}

const communitiesOf = (attrs: Attributes): number[] => tunnelTypesOf(attrs.extCommunities)
const endingAt = (endpoint: string, type = '0002'): string => {
  const length = octets(endpoint).length
  const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')
  return `${type}${hex(length + 2, 4)}06${hex(length, 2)}${endpoint}`
}

describe('tunnels of a route (RFC 9012)', () => {
  const ends: [string, string, number[]][] = [
    ['the next hop, by family 0 (§3.1)', endingAt('00000000 0000'), [GRE]],
    ['the next hop, by its address', endingAt('00000000 0001 c0000215'), [GRE]],
    ['another address', endingAt('00000000 0001 c0000216'), []],
    ['an address of the wrong length', endingAt('00000000 0002 c0000215'), []],
    ['family 0 with an address', endingAt('00000000 0000 c0000215'), []],
    ['nowhere: no egress endpoint', '0002 0000', []],
    ['two places: two egress endpoints', '0002 0010 0606000000000000 0606000000000000', []],
    ['the next hop, behind a sub-TLV of a long length', '0002 000d 80 0002 aaaa 0606000000000000', [GRE]],
    [
      'the next hop, in one of two tunnels',
      `${endingAt('00000000 0001 c0000216')} ${endingAt('00000000 0000', '000d')}`,
      [UDP],
    ],
  ]
  for (const [what, value, types] of ends) {
    it(`that end at ${what}: ${types.length === 0 ? 'not used' : 'used'}`, () => {
      expect(tunnelsFault(octets(value), 0, octets(value).length)).to.equal(undefined)
      expect(tunnelTypesOfRoute(route([], value))).to.deep.equal(types)
    })
  }

  it('are those of communities and attribute, each once (§4.1)', () => {
    expect(tunnelTypesOfRoute(route([UDP, GRE], endingAt('00000000 0000')))).to.deep.equal([GRE, UDP])
    expect(tunnelTypesOfRoute(route([]))).to.deep.equal([])
  })

  it('of an IPv6 route may name the compute node by its IPv4 address', () => {
    const nextHop = mapIpv4(parseIpAddress('192.0.2.21')!)
    const attrs = { ...route([], endingAt('00000000 0001 c0000215')), nextHop }
    expect(tunnelTypesOfRoute(attrs)).to.deep.equal([GRE])
  })

  it('that we write are barebones: the next hop is their end (§4.1)', () => {
    const { value } = tunnelAttribute([GRE, UDP])
    expect(Buffer.from(value).toString('hex')).to.equal('000200080606000000000000000d00080606000000000000')
    expect(tunnelTypesOfRoute({ ...route([]), unknown: [tunnelAttribute([GRE, UDP])] })).to.deep.equal([
      GRE,
      UDP,
    ])
  })

  it('are parsed without leaving the value, whatever is in it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (value) => {
        if (tunnelsFault(value, 0, value.length) !== undefined) return
        const attrs = { ...route([]), unknown: [{ flags: 0xc0, type: 23, value }] }
        for (const type of tunnelTypesOfRoute(attrs)) expect(type).to.be.within(0, 0xffff)
      }),
    )
  })
})

describe('the default tunnels of a peer (control-node reference 2d)', () => {
  it('are added where a route names none, and nothing else is touched', () => {
    const taken = withDefaultTunnels(route([]), [GRE, UDP])
    expect(communitiesOf(taken)).to.deep.equal([GRE, UDP])
    expect({ ...taken, extCommunities: route([]).extCommunities }).to.deep.equal(route([]))
  })

  it('are not added beside a community or an attribute', () => {
    for (const attrs of [route([UDP]), route([], endingAt('00000000 0001 c0000216'))])
      expect(withDefaultTunnels(attrs, [GRE])).to.equal(attrs)
  })

  it('replace communities and attribute of what is offered', () => {
    const policy = { replacedBy: [UDP], form: 'community', keepsAttribute: true } as const
    const offered = offeredTunnels(route([GRE], endingAt('00000000 0000')), policy)
    expect(communitiesOf(offered)).to.deep.equal([UDP])
    expect(offered.unknown).to.deep.equal([other])
  })
})

describe('the form of tunnels that are offered', () => {
  const form = (given: 'community' | 'attribute' | 'both', keepsAttribute = true) =>
    ({ replacedBy: undefined, form: given, keepsAttribute }) as const

  it('attribute: communities become barebones tunnels', () => {
    const offered = offeredTunnels(route([GRE, UDP]), form('attribute'))
    expect(communitiesOf(offered)).to.deep.equal([])
    expect(offered.unknown).to.deep.equal([tunnelAttribute([GRE, UDP]), other])
  })

  it('both: communities stay, too', () => {
    const offered = offeredTunnels(route([GRE]), form('both'))
    expect(communitiesOf(offered)).to.deep.equal([GRE])
    expect(tunnelAttributeOf(offered)).to.deep.equal(tunnelAttribute([GRE]))
  })

  it('an attribute that is there gets what it lacks, and keeps what it says', () => {
    const value = endingAt('00000000 0001 c0000215')
    const offered = offeredTunnels(route([GRE, UDP], value), form('attribute'))
    const expected = [...octets(value), ...tunnelAttribute([UDP]).value]
    expect([...tunnelAttributeOf(offered)!.value]).to.deep.equal(expected)
  })

  it('a route without tunnels stays as it is', () => {
    const attrs = route([])
    for (const each of ['community', 'attribute', 'both'] as const)
      expect(offeredTunnels(attrs, form(each))).to.equal(attrs)
  })

  it('to another AS the attribute does not go unless it is asked for (§11)', () => {
    const attrs = route([GRE], endingAt('00000000 0000'))
    expect(offeredTunnels(attrs, form('community', false)).unknown).to.deep.equal([other])
    expect(offeredTunnels(attrs, form('community'))).to.equal(attrs)
    expect(withoutTunnelAttribute(attrs).unknown).to.deep.equal([other])
  })
})
