import { expect } from 'chai'
import type { Capability } from '../../../bgp/wire/capability.ts'
import type { Open } from '../../../bgp/wire/open.ts'
import { isRefusal, negotiate, offeredOpen } from '../../../bgp/fsm/negotiate.ts'
import type { Negotiated } from '../../../bgp/fsm/negotiate.ts'
import type { FsmConfig } from '../../../bgp/fsm/types.ts'
import { Family } from '../../../rib/model/family.ts'
import { config, peerOpen } from './machines.ts'

const ebgp: FsmConfig = { ...config, peerAs: 65001 }
const bigAs: FsmConfig = { ...config, peerAs: 4_200_000_000 }

function without(kind: Capability['kind'], open = peerOpen()): Open {
  return { ...open, capabilities: open.capabilities.filter((row) => row.kind !== kind) }
}

function agreed(open: Open, ours: FsmConfig = config): Negotiated {
  const result = negotiate(open, ours)
  if (isRefusal(result)) throw new Error(`refused: ${result.code}/${result.subcode}`)
  return result
}

function openOf(asn: number, capabilityAs?: number): Open {
  const open = without('as4', peerOpen({ asn }))
  return capabilityAs === undefined
    ? open
    : { ...open, capabilities: [...open.capabilities, { kind: 'as4', asn: capabilityAs }] }
}

describe('negotiate: refusals', () => {
  const refusals: [string, Open, FsmConfig, string][] = [
    ['version 3 (RFC 4271 §6.2)', peerOpen({ version: 3 }), config, '2/1 0004'],
    ['another AS (RFC 4271 §6.2)', openOf(65002), ebgp, '2/2 '],
    [
      'another AS in the 4-octet capability, whatever the field says (RFC 6793)',
      openOf(65001, 65002),
      ebgp,
      '2/2 ',
    ],
    ['AS_TRANS without the capability, from a 4-octet AS (RFC 6793)', openOf(23456), bigAs, '2/2 '],
    ['AS 0 (RFC 7607)', openOf(0), { ...ebgp, peerAs: 0 }, '2/2 '],
    ['identifier 0 (RFC 6286 §2.2)', peerOpen({ identifier: 0 }), config, '2/3 '],
    [
      'our own identifier within the AS (RFC 6286 §2.2)',
      peerOpen({ identifier: config.routerId }),
      config,
      '2/3 ',
    ],
    ['hold time 1 (RFC 4271 §6.2)', peerOpen({ holdTimeSec: 1 }), config, '2/6 '],
    ['hold time 2 (RFC 4271 §6.2)', peerOpen({ holdTimeSec: 2 }), config, '2/6 '],
    [
      'no family in common, with ours as data (RFC 5492 §5)',
      without('multiprotocol'),
      { ...config, families: [Family.inetVpn, Family.routeTarget] },
      '2/7 010400010080010400010084',
    ],
  ]
  for (const [what, open, ours, expected] of refusals) {
    it(what, () => {
      const result = negotiate(open, ours)
      if (!isRefusal(result)) throw new Error('accepted')
      const hex = Buffer.from(result.octets).toString('hex')
      expect(`${result.code}/${result.subcode} ${hex}`).to.equal(expected)
    })
  }
})

describe('negotiate: agreements', () => {
  it('accepts a 4-octet AS behind AS_TRANS (RFC 6793 §4.2.2)', () => {
    expect(agreed(openOf(23456, 4_200_000_000), bigAs)).to.include({ peerAs: 4_200_000_000, as4: true })
  })

  it('accepts a 2-octet speaker', () => {
    expect(agreed(openOf(65001), ebgp)).to.include({ as4: false, isIbgp: false })
  })

  it('accepts an equal identifier in another AS (RFC 6286 §2.2)', () => {
    expect(agreed({ ...openOf(65001, 65001), identifier: config.routerId }, ebgp).peerRouterId).to.equal(
      config.routerId,
    )
  })

  it('keeps the families of both, in our order', () => {
    const ours = { ...config, families: [Family.routeTarget, Family.inet6Vpn, Family.inetVpn] }
    expect(agreed(peerOpen(), ours).families).to.deep.equal([Family.routeTarget, Family.inetVpn])
  })

  it('takes IPv4 unicast for a peer without multiprotocol capability (RFC 4760 §8)', () => {
    const ours = { ...config, families: [Family.inet, Family.inetVpn] }
    expect(agreed(without('multiprotocol'), ours).families).to.deep.equal([Family.inet])
  })

  it('does not take IPv4 unicast for a peer whose only family is unknown here', () => {
    const open = without('multiprotocol')
    const capabilities: Capability[] = [
      ...open.capabilities,
      { kind: 'multiprotocolUnknown', afi: 1, safi: 133 },
    ]
    const result = negotiate({ ...open, capabilities }, { ...config, families: [Family.inet] })
    expect(isRefusal(result) && result.subcode).to.equal(7)
  })

  it('uses the smaller hold time, and 0 when either side says so (RFC 4271 §4.2)', () => {
    expect(agreed(peerOpen({ holdTimeSec: 30 })).holdTimeSec).to.equal(30)
    expect(agreed(peerOpen({ holdTimeSec: 180 })).holdTimeSec).to.equal(90)
    expect(agreed(peerOpen({ holdTimeSec: 0 })).holdTimeSec).to.equal(0)
    expect(agreed(peerOpen(), { ...config, holdTimeSec: 0 }).holdTimeSec).to.equal(0)
  })

  it('speaks extended messages only with a peer that offered them (RFC 8654 §4)', () => {
    expect(agreed(peerOpen()).maxMessageLength).to.equal(65_535)
    expect(agreed(without('extendedMessage')).maxMessageLength).to.equal(4_096)
  })

  it('knows whether the peer takes route refresh (RFC 2918 §2)', () => {
    expect(agreed(peerOpen()).routeRefresh).to.equal(true)
    expect(agreed(without('routeRefresh')).routeRefresh).to.equal(false)
  })

  it('keeps the last graceful restart capability (RFC 4724 §3)', () => {
    const restart = (restartTimeSec: number): Capability => ({
      kind: 'gracefulRestart',
      restartState: false,
      notification: false,
      restartTimeSec,
      families: [],
    })
    const open = without('gracefulRestart')
    const capabilities = [...open.capabilities, restart(10), restart(20)]
    expect(agreed({ ...open, capabilities }).gracefulRestart?.restartTimeSec).to.equal(20)
  })
})

describe('negotiate: several paths of a route (RFC 7911 §4)', () => {
  const both = { send: true, receive: true }
  const ours = { ...config, families: [Family.inetVpn, Family.inet6Vpn, Family.routeTarget], addPath: both }

  function theirs(send: boolean, receive: boolean, ...families: Family[]): Capability {
    return { kind: 'addPath', families: families.map((family) => ({ family, send, receive })) }
  }

  function agreedWith(offer: FsmConfig['addPath'], ...rows: Capability[]): Negotiated['addPath'] {
    const open = peerOpen()
    return agreed({ ...open, capabilities: [...open.capabilities, ...rows] }, { ...ours, addPath: offer })
      .addPath
  }

  it('takes path identifiers where we receive and the peer sends, and the other way round', () => {
    const one = [Family.inetVpn]
    expect(agreedWith(both, theirs(true, false, ...one))).to.deep.equal({ sends: [], receives: one })
    expect(agreedWith(both, theirs(false, true, ...one))).to.deep.equal({ sends: one, receives: [] })
    expect(agreedWith(both, theirs(true, true, ...one))).to.deep.equal({ sends: one, receives: one })
  })

  it('agrees on nothing that one side did not say', () => {
    const none = { sends: [], receives: [] }
    expect(agreedWith(both)).to.deep.equal(none)
    expect(agreedWith(undefined, theirs(true, true, Family.inetVpn))).to.deep.equal(none)
    expect(agreedWith({ send: true, receive: false }, theirs(true, false, Family.inetVpn))).to.deep.equal(
      none,
    )
  })

  it('agrees on no family that is not negotiated, and never on route targets', () => {
    const rows = theirs(true, true, Family.inet6Vpn, Family.routeTarget)
    expect(agreedWith(both, rows)).to.deep.equal({ sends: [], receives: [] })
  })

  it('goes by the last of several capabilities', () => {
    const rows = [theirs(true, true, Family.inetVpn), theirs(false, true, Family.inetVpn)]
    expect(agreedWith(both, ...rows)).to.deep.equal({ sends: [Family.inetVpn], receives: [] })
  })
})

describe('offeredOpen', () => {
  it('offers several paths for each family that has paths of others, where asked for (RFC 7911 §4)', () => {
    const addPath = { send: true, receive: false }
    const row = offeredOpen({ ...config, addPath }).capabilities.find((each) => each.kind === 'addPath')
    expect(row).to.deep.equal({ kind: 'addPath', families: [{ family: Family.inetVpn, ...addPath }] })
    const kinds = offeredOpen(config).capabilities.map(({ kind }) => kind)
    expect(kinds).not.to.include('addPath')
  })

  it('puts AS_TRANS into the 2-octet field of a 4-octet AS (RFC 6793 §4.2.2)', () => {
    const open = offeredOpen({ ...config, localAs: 4_200_000_000 })
    expect(open.asn).to.equal(23456)
    expect(open.capabilities).to.deep.include({ kind: 'as4', asn: 4_200_000_000 })
  })

  it('announces helper-only graceful restart: no family (RFC 4724 §3)', () => {
    const row = offeredOpen(config).capabilities.find((each) => each.kind === 'gracefulRestart')
    expect(row).to.deep.include({ restartTimeSec: 0, families: [] })
  })
})

describe('negotiate: IPv6 next hops of IPv4 routes (RFC 8950 §4)', () => {
  const families = [Family.inet, Family.inet6, Family.inetVpn, Family.routeTarget]
  const ours = { ...config, families, extendedNextHop: true }
  const offer = (...rows: Family[]): Capability => ({
    kind: 'extendedNextHop',
    families: rows.map((family) => ({ family, nextHopAfi: 2 })),
  })
  const agreed = (settings: FsmConfig, ...rows: Capability[]): readonly Family[] => {
    const all: Capability[] = families.map((family) => ({ kind: 'multiprotocol', family }))
    const result = negotiate(
      peerOpen({ capabilities: [...all, { kind: 'as4', asn: config.peerAs }, ...rows] }),
      settings,
    )
    return isRefusal(result) ? [] : result.extendedNextHop
  }

  it('is offered for the IPv4 families that carry routes, where it is configured', () => {
    expect(offeredOpen(ours).capabilities).to.deep.include(offer(Family.inet, Family.inetVpn))
    expect(
      offeredOpen({ ...ours, extendedNextHop: false }).capabilities.map(({ kind }) => kind),
    ).not.to.include('extendedNextHop')
  })

  it('holds for what both offer, and for IPv6 next hops alone', () => {
    expect(agreed(ours, offer(Family.inetVpn, Family.inet6))).to.deep.equal([Family.inetVpn])
    expect(agreed(ours)).to.deep.equal([])
    expect(agreed({ ...ours, extendedNextHop: false }, offer(Family.inetVpn))).to.deep.equal([])
    const other: Capability = { kind: 'extendedNextHop', families: [{ family: Family.inet, nextHopAfi: 1 }] }
    expect(agreed(ours, other)).to.deep.equal([])
  })
})

describe('negotiate: roles (RFC 9234 §4.2)', () => {
  const roles = ['provider', 'rs', 'rs-client', 'customer', 'peer'] as const
  const fits = new Set([
    'provider customer',
    'customer provider',
    'rs rs-client',
    'rs-client rs',
    'peer peer',
  ])
  const answer = (settings: FsmConfig['role'], ...numbers: number[]): string => {
    const open = openOf(65001, 65001)
    const rows = numbers.map((role): Capability => ({ kind: 'role', role }))
    const result = negotiate(
      { ...open, capabilities: [...open.capabilities, ...rows] },
      { ...ebgp, role: settings },
    )
    return isRefusal(result) ? `${result.code}/${result.subcode}` : 'agreed'
  }

  for (const [i, ours] of roles.entries()) {
    it(`as ${ours}: goes with its counterpart alone`, () => {
      const settings = { role: ours, isStrict: false }
      for (const [number, theirs] of roles.entries())
        expect(answer(settings, number), theirs).to.equal(fits.has(`${ours} ${theirs}`) ? 'agreed' : '2/11')
      expect(answer(settings, 77)).to.equal('2/11')
      expect(offeredOpen({ ...ebgp, role: settings }).capabilities).to.deep.include({ kind: 'role', role: i })
    })
  }

  it('takes a neighbour without one, unless it is strict', () => {
    expect(answer({ role: 'peer', isStrict: false })).to.equal('agreed')
    expect(answer({ role: 'peer', isStrict: true })).to.equal('2/11')
  })

  it('takes the same one said twice, and refuses two', () => {
    expect(answer({ role: 'provider', isStrict: true }, 3, 3)).to.equal('agreed')
    expect(answer({ role: 'provider', isStrict: true }, 3, 4)).to.equal('2/11')
  })

  it('looks at none where none is configured', () => {
    expect(answer(undefined, 0, 4)).to.equal('agreed')
  })
})
