import { expect } from 'chai'
import fc from 'fast-check'
import { allocateFloatingIps } from '../../../control/floating-ip/allocation.ts'
import type { AllocationRequest, AllocationResult } from '../../../control/floating-ip/allocation.ts'
import type { DesiredFloatingIp } from '../../../control/config/desired.ts'
import { formatIpAddress } from '../../../rib/model/ip-address.ts'
import { floatingIp, outcome, pool, port, subnet } from './pools.ts'

function allocate(request: Partial<AllocationRequest>): AllocationResult {
  return allocateFloatingIps({
    pools: [pool('p/pool', ['101.101.101.0/24'])],
    floatingIps: [],
    ports: [],
    existing: new Map(),
    ...request,
  })
}

describe('reserved addresses of a subnet', () => {
  const reserved = (cidr: string, gateway?: string, dns?: string): Record<string, string> => {
    const { reserved: addresses, octets } = subnet(cidr, gateway, dns)
    expect(octets).to.equal(4)
    return Object.fromEntries([...addresses].map(([value, whose]) => [String(Number(value & 0xffn)), whose]))
  }

  it('are network, broadcast, gateway (last - 1) and DNS server (last - 2)', () => {
    expect(reserved('101.101.101.0/24')).to.deep.equal({
      0: 'network address',
      253: 'DNS server',
      254: 'gateway',
      255: 'broadcast address',
    })
  })

  it('follow gateway and DNS server where these are given', () => {
    expect(reserved('10.0.0.0/24', '10.0.0.1', '10.0.0.2')).to.deep.equal({
      0: 'network address',
      1: 'gateway',
      2: 'DNS server',
      255: 'broadcast address',
    })
    expect(reserved('10.0.0.0/24', '10.0.0.253')).to.include({ 253: 'gateway' })
    expect(reserved('10.0.0.0/24', 'none', 'none')).to.have.all.keys('0', '255')
  })

  it('leave the addresses of a /31 and a /32 alone (RFC 3021)', () => {
    expect(reserved('10.0.0.0/31')).to.deep.equal({})
    expect(reserved('10.0.0.7/32')).to.deep.equal({})
    expect(reserved('10.0.0.0/31', '10.0.0.1')).to.deep.equal({ 1: 'gateway' })
  })

  it('leave nothing of a /30, and four of a /29', () => {
    const fips = Array.from({ length: 5 }, (_, i) => floatingIp(`f${i}`))
    const of = (cidr: string): Record<string, string> =>
      outcome(allocate({ pools: [pool('p/pool', [cidr])], floatingIps: fips }))
    expect(Object.values(of('10.0.0.0/30'))).to.deep.equal(Array(5).fill('PoolExhausted'))
    expect(of('10.0.0.0/29')).to.deep.equal({
      f0: '10.0.0.4',
      f1: '10.0.0.3',
      f2: '10.0.0.2',
      f3: '10.0.0.1',
      f4: 'PoolExhausted',
    })
  })
})

describe('allocateFloatingIps', () => {
  it('gives 101.101.101.252 first, then .251, in the order of names (scenario E2)', () => {
    const result = allocate({ floatingIps: [floatingIp('b'), floatingIp('a')] })
    expect(outcome(result)).to.deep.equal({ a: '101.101.101.252', b: '101.101.101.251' })
    expect(result.allocations.get('p/a')!.network).to.equal('p/public')
  })

  it('serves explicit requests before automatic ones', () => {
    const floatingIps = [floatingIp('a'), floatingIp('z', { address: '101.101.101.252' })]
    expect(outcome(allocate({ floatingIps }))).to.deep.equal({ a: '101.101.101.251', z: '101.101.101.252' })
  })

  it('refuses with PoolNotFound, and heals when the pool appears (scenario D6)', () => {
    const floatingIps = [
      floatingIp('a', { pool: 'p/late' }),
      floatingIp('b', { pool: 'p/late', address: '10.0.0.9' }),
    ]
    const before = allocate({ floatingIps })
    expect(outcome(before)).to.deep.equal({ a: 'PoolNotFound', b: 'PoolNotFound' })
    expect(before.refusals.get('p/a')!.message).to.equal('there is no pool p/late')
    const after = allocate({
      floatingIps,
      pools: [pool('p/late', ['10.0.0.0/24'])],
      existing: before.allocations,
    })
    expect(outcome(after)).to.deep.equal({ a: '10.0.0.252', b: '10.0.0.9' })
  })

  it('refuses with AddressTaken: another floating IP, a port of the network, a second pool of it', () => {
    const taken = allocate({
      pools: [pool('p/pool', ['101.101.101.0/24']), pool('p/second', ['101.101.101.0/24'])],
      floatingIps: [
        floatingIp('a', { address: '101.101.101.7' }),
        floatingIp('b', { address: '101.101.101.7' }),
        floatingIp('c', { address: '101.101.101.8' }),
        floatingIp('d', { address: '101.101.101.7', pool: 'p/second' }),
      ],
      ports: [
        port('vm', ['101.101.101.8'], { network: 'p/public' }),
        port('x', ['101.101.101.9'], { network: 'p/blue' }),
      ],
    })
    expect(outcome(taken)).to.deep.equal({
      a: '101.101.101.7',
      b: 'AddressTaken',
      c: 'AddressTaken',
      d: 'AddressTaken',
    })
    expect(taken.refusals.get('p/b')!.message).to.equal('101.101.101.7 is that of floating IP p/a')
    expect(taken.refusals.get('p/c')!.message).to.equal('101.101.101.8 is that of port p/vm')
  })

  it('lets pools of different networks give the same address', () => {
    const pools = [pool('p/pool', ['10.0.0.0/24']), pool('p/other', ['10.0.0.0/24'], { network: 'q/public' })]
    const floatingIps = [floatingIp('a'), floatingIp('b', { pool: 'p/other' })]
    expect(outcome(allocate({ pools, floatingIps }))).to.deep.equal({ a: '10.0.0.252', b: '10.0.0.252' })
  })

  it('refuses with AddressReserved for network, broadcast, gateway and DNS server', () => {
    for (const [last, whose] of [
      [0, 'network address'],
      [253, 'DNS server'],
      [254, 'gateway'],
      [255, 'broadcast address'],
    ]) {
      const { refusals } = allocate({ floatingIps: [floatingIp('a', { address: `101.101.101.${last}` })] })
      expect(refusals.get('p/a')).to.deep.equal({
        reason: 'AddressReserved',
        message: `101.101.101.${last} is the ${whose} of network p/public`,
      })
    }
  })

  it('refuses with AddressOutsidePool: other subnet, outside its ranges, other family', () => {
    const pools = [pool('p/pool', ['101.101.101.0/24'], { ranges: ['101.101.101.10-101.101.101.20'] })]
    for (const address of ['101.101.102.10', '101.101.101.21', '2001:db8::1']) {
      expect(
        outcome(allocate({ pools, floatingIps: [floatingIp('a', { address })] })),
        address,
      ).to.deep.equal({
        a: 'AddressOutsidePool',
      })
    }
    expect(
      outcome(allocate({ pools, floatingIps: [floatingIp('a', { address: '101.101.101.20' })] })),
    ).to.deep.equal({
      a: '101.101.101.20',
    })
  })

  it('refuses with PoolExhausted, and gives a released address again', () => {
    const pools = [pool('p/pool', ['101.101.101.0/24'], { ranges: ['101.101.101.10-101.101.101.11'] })]
    const full = allocate({ pools, floatingIps: ['a', 'b', 'c'].map((name) => floatingIp(name)) })
    expect(outcome(full)).to.deep.equal({ a: '101.101.101.11', b: '101.101.101.10', c: 'PoolExhausted' })
    const released = allocate({
      pools,
      floatingIps: ['b', 'c'].map((name) => floatingIp(name)),
      existing: full.allocations,
    })
    expect(outcome(released)).to.deep.equal({ b: '101.101.101.10', c: '101.101.101.11' })
  })

  it('goes on to the next subnet when one is full, and when the pool grows', () => {
    const floatingIps = ['a', 'b', 'c'].map((name) => floatingIp(name))
    const small = allocate({ pools: [pool('p/pool', ['10.0.0.0/31'])], floatingIps })
    expect(outcome(small)).to.deep.equal({ a: '10.0.0.1', b: '10.0.0.0', c: 'PoolExhausted' })
    const grown = allocate({
      pools: [pool('p/pool', ['10.0.0.0/31', '10.0.1.0/24'])],
      floatingIps,
      existing: small.allocations,
    })
    expect(outcome(grown)).to.deep.equal({ a: '10.0.0.1', b: '10.0.0.0', c: '10.0.1.252' })
  })

  it('takes IPv4 of a pool with both families unless asked for IPv6', () => {
    const pools = [pool('p/pool', ['2001:db8::/64', '10.0.0.0/24'])]
    const floatingIps = [
      floatingIp('a'),
      floatingIp('b', { family: 'inet6' }),
      floatingIp('c', { family: 'inet' }),
    ]
    expect(outcome(allocate({ pools, floatingIps }))).to.deep.equal({
      a: '10.0.0.252',
      b: '2001:db8::ffff:ffff:ffff:fffc',
      c: '10.0.0.251',
    })
    expect(outcome(allocate({ floatingIps: [floatingIp('a', { family: 'inet6' })] }))).to.deep.equal({
      a: 'PoolExhausted',
    })
    expect(
      outcome(allocate({ pools: [pool('p/pool', ['2001:db8::/64'])], floatingIps: [floatingIp('a')] })),
    ).to.deep.equal({
      a: '2001:db8::ffff:ffff:ffff:fffc',
    })
  })

  it('moves a floating IP only when its address may not stay', () => {
    const first = allocate({ floatingIps: [floatingIp('a')] })
    const again = (request: Partial<AllocationRequest>): Record<string, string> =>
      outcome(allocate({ floatingIps: [floatingIp('a')], existing: first.allocations, ...request }))
    expect(again({ floatingIps: [floatingIp('0'), floatingIp('a')] })).to.deep.equal({
      0: '101.101.101.251',
      a: '101.101.101.252',
    })
    expect(again({ floatingIps: [floatingIp('a', { address: '101.101.101.9' })] })).to.deep.equal({
      a: '101.101.101.9',
    })
    expect(again({ pools: [pool('p/pool', ['101.101.101.0/25'])] })).to.deep.equal({ a: '101.101.101.124' })
    expect(again({ pools: [pool('p/pool', ['101.101.101.0/24'], { network: 'p/other' })] })).to.deep.equal({
      a: '101.101.101.252',
    })
    expect(again({ ports: [port('vm', ['101.101.101.252'], { network: 'p/public' })] })).to.deep.equal({
      a: '101.101.101.251',
    })
    // In another network an earlier address has no claim.
    expect(
      again({
        pools: [pool('p/pool', ['101.101.101.0/24'], { network: 'p/other' })],
        floatingIps: [floatingIp('a'), floatingIp('z', { address: '101.101.101.252' })],
      }),
    ).to.deep.equal({ a: '101.101.101.251', z: '101.101.101.252' })
    // A late explicit request does not take away what somebody uses.
    expect(
      again({ floatingIps: [floatingIp('0', { address: '101.101.101.252' }), floatingIp('a')] }),
    ).to.deep.equal({
      0: 'AddressTaken',
      a: '101.101.101.252',
    })
  })

  describe('for any history of requests', () => {
    const pools = [
      pool('p/pool', ['10.0.0.0/28']),
      pool('p/same', ['10.0.0.0/28'], { ranges: ['10.0.0.1-10.0.0.6'] }),
      pool('p/other', ['10.0.0.0/29'], { network: 'p/other' }),
    ]
    const request = fc.record({
      name: fc.constantFrom(...'abcdefghijklmnop'.split('')),
      pool: fc.constantFrom('p/pool', 'p/same', 'p/other', 'p/none'),
      address: fc.option(
        fc.integer({ min: 0, max: 17 }).map((last) => `10.0.0.${last}`),
        { nil: undefined },
      ),
    })
    const requests = fc
      .uniqueArray(request, { selector: ({ name }) => name, maxLength: 16 })
      .map((list): DesiredFloatingIp[] =>
        list.map(({ name, address, ...rest }) =>
          floatingIp(name, address === undefined ? rest : { ...rest, address }),
        ),
      )
    const ports = [port('vm', ['10.0.0.5'], { network: 'p/public' })]

    it('every one has an address or a reason, and no two of a network have the same', () => {
      fc.assert(
        fc.property(fc.array(requests, { minLength: 1, maxLength: 5 }), (steps) => {
          let existing: AllocationResult['allocations'] = new Map()
          for (const floatingIps of steps) {
            const { allocations, refusals } = allocateFloatingIps({ pools, floatingIps, ports, existing })
            const keys = floatingIps.map(({ key }) => key).sort()
            expect([...allocations.keys(), ...refusals.keys()].sort()).to.deep.equal(keys)
            const used = [...allocations.values()].map(
              ({ network, address }) => `${network} ${formatIpAddress(address)}`,
            )
            expect(new Set(used).size).to.equal(used.length)
            expect(used).to.not.include('p/public 10.0.0.5')
            for (const wanted of floatingIps) {
              const got = allocations.get(wanted.key)
              if (wanted.address && got) expect(got.address).to.deep.equal(wanted.address)
            }
            existing = allocations
          }
        }),
      )
    })

    it('the result does not depend on the order of requests, pools and ports', () => {
      fc.assert(
        fc.property(requests, requests, fc.nat(), (earlier, floatingIps, seed) => {
          const { allocations: existing } = allocateFloatingIps({
            pools,
            floatingIps: earlier,
            ports,
            existing: new Map(),
          })
          const turned = [...floatingIps.slice(seed % 7), ...floatingIps.slice(0, seed % 7)].reverse()
          const straight = allocateFloatingIps({ pools, floatingIps, ports, existing })
          const other = allocateFloatingIps({
            pools: [...pools].reverse(),
            floatingIps: turned,
            ports,
            existing,
          })
          expect(outcome(other)).to.deep.equal(outcome(straight))
        }),
      )
    })

    it('doing it again changes nothing', () => {
      fc.assert(
        fc.property(requests, (floatingIps) => {
          const first = allocateFloatingIps({ pools, floatingIps, ports, existing: new Map() })
          const second = allocateFloatingIps({ pools, floatingIps, ports, existing: first.allocations })
          expect(second.allocations).to.deep.equal(first.allocations)
          expect([...second.refusals.keys()].sort()).to.deep.equal([...first.refusals.keys()].sort())
        }),
      )
    })

    it('an automatic request is refused only when nothing is free', () => {
      fc.assert(
        fc.property(requests, (floatingIps) => {
          const { allocations, refusals } = allocateFloatingIps({
            pools,
            floatingIps,
            ports,
            existing: new Map(),
          })
          const used = new Set(
            [...allocations.values()].map(({ network, address }) => `${network} ${formatIpAddress(address)}`),
          )
          for (const wanted of floatingIps) {
            if (refusals.get(wanted.key)?.reason !== 'PoolExhausted') continue
            // Usable: .1 to .12 but the port's .5; .1 to .6 but .5; .1 to .4.
            const [last, network] = {
              'p/pool': [12, 'p/public'],
              'p/same': [6, 'p/public'],
              'p/other': [4, 'p/other'],
            }[wanted.pool] as [number, string]
            for (let i = 1; i <= last; i++) {
              if (network === 'p/public' && i === 5) continue
              expect(used.has(`${network} 10.0.0.${i}`), `10.0.0.${i} for ${wanted.key}`).to.equal(true)
            }
          }
        }),
        { numRuns: 300 },
      )
    })
  })
})
