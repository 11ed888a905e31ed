/** What heddle sends, read by a decoder that shares nothing with it. Left out, loudly, where tshark is not installed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { encodeEndOfRib } from '../../../bgp/wire/end-of-rib.ts'
import { keepalive } from '../../../bgp/wire/keepalive.ts'
import { ceaseWithText, encodeNotification } from '../../../bgp/wire/notification.ts'
import { encodeOpen } from '../../../bgp/wire/open.ts'
import { encodeRouteRefresh } from '../../../bgp/wire/route-refresh.ts'
import { UpdateEncoder } from '../../../bgp/wire/update-encode.ts'
import type { EncodeOptions } from '../../../bgp/wire/update-encode.ts'
import { Family, familyName } from '../../../rib/model/family.ts'
import { pcapOf } from '../../support/pcap.ts'
import { attributesOfValue, decodedFamilies, interner, sourceOf } from './support.ts'
import type { AttributesValue } from './support.ts'
import { MessageList } from '../../support/message-list.ts'

const isInstalled = spawnSync('tshark', ['--version']).status === 0

/** The lines tshark has for each packet, expert opinions included. */
function readByTshark(messages: readonly Uint8Array[]): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-pcap-'))
  try {
    const file = join(folder, 'sent.pcap')
    writeFileSync(file, pcapOf(messages))
    const run = spawnSync('tshark', ['-r', file, '-T', 'pdml', '-o', 'tcp.check_checksum:TRUE'], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    expect(run.status, run.stderr).to.equal(0)
    return run.stdout.split('<packet>').slice(1).map(linesOfPacket)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What a packet's fields are shown as. */
function linesOfPacket(xml: string): string[] {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return Array.from(xml.matchAll(/ (?:showname|name="" show)="([^"]*)"/g), ([, text]) =>
    text.replace(/&(\w+);/g, (_, name: string) => entities[name] ?? '?').trim(),
  )
}

/** Warnings, errors and malformed packets; BGP's own and TCP's. */
function complaints(packets: readonly string[][]): string[] {
  return packets.flat().filter((line) => /Expert Info|Malformed|invalid|incorrect/i.test(line))
}

function updates(
  family: Family,
  routes: { key: string; label?: number; pathId?: number }[],
  attributes: AttributesValue,
  options: Partial<EncodeOptions> = {},
): Uint8Array[] {
  const encoder = new UpdateEncoder({ as4: true, isIbgp: true, maxMessageLength: 4096, ...options })
  const source = sourceOf({ family: familyName(family), routes })
  const out = new MessageList()
  encoder.reach(out, family, interner()(attributesOfValue(attributes)), source, routes.length)
  encoder.unreach(out, family, source, routes.length)
  return out
}

const gre = { extCommunities: ['0002fc0000002710', '030c000000000002'] }

interface Sample {
  name: string
  messages: Uint8Array[]
  /** Lines expected of the first message, and of the second, which withdraws. */
  reach: string[]
  unreach: string[]
}

const samples: Sample[] = [
  {
    name: 'floating IP in inet-vpn',
    messages: updates(Family.inetVpn, [{ key: '10.20.4.17:3:203.0.113.5/32', label: 38 }], {
      nextHop: '10.20.4.17',
      localPref: 200,
      ...gre,
    }),
    reach: [
      'Subsequent address family identifier (SAFI): Labeled VPN Unicast (128)',
      'Next hop:  RD=0:0 IPv4=10.20.4.17',
      'Prefix Length: 120',
      'Label Stack: 38 (bottom)',
      'Route Distinguisher: 10.20.4.17:3',
      'MP Reach NLRI IPv4 prefix: 203.0.113.5',
      'Local preference: 200',
      'Route Target: 64512:10000 [Transitive 2-Octet AS-Specific]',
      'Tunnel type: GRE (2)',
    ],
    unreach: [
      'Label Stack: 0 (withdrawn)',
      'Route Distinguisher: 10.20.4.17:3',
      'MP Unreach NLRI IPv4 prefix: 203.0.113.5',
    ],
  },
  {
    name: 'inet6-vpn behind an IPv4 compute node',
    messages: updates(Family.inet6Vpn, [{ key: '192.0.2.21:3:2001:db8:1::/48', label: 1048575 }], {
      nextHop: '192.0.2.21',
      extCommunities: ['0202fa56ea000064'],
    }),
    reach: [
      'Next hop:  RD=0:0 IPv6=::ffff:192.0.2.21',
      'Label Stack=1048575 (bottom) RD=192.0.2.21:3, IPv6=2001:db8:1::/48',
      'Local preference: 100',
      'Route Target: 64086.59904(4200000000):100 [Transitive 4-Octet AS-Specific]',
    ],
    unreach: ['Label Stack=0 (withdrawn) RD=192.0.2.21:3, IPv6=2001:db8:1::/48'],
  },
  {
    name: 'route-target',
    messages: updates(Family.routeTarget, [{ key: 'default' }, { key: '64512:target:64512:10000' }], {
      nextHop: '192.0.2.10',
    }),
    reach: [
      'Next hop: 192.0.2.10',
      'Wildcard route target: MP Reach NLRI',
      'MP Reach NLRI 64512:64512:10000/96',
    ],
    unreach: ['Wildcard route target: MP Unreach NLRI', 'Originating AS: 64512'],
  },
  {
    name: 'inet to an external peer',
    messages: updates(
      Family.inet,
      [{ key: '203.0.113.0/24' }, { key: '198.51.100.128/25' }],
      {
        nextHop: '192.0.2.1',
        asPath: [{ type: 2, asns: [64512, 4200000000] }],
        med: 10,
        atomicAggregate: true,
        aggregator: { asn: 64512, address: '192.0.2.9' },
        communities: ['100:1', 'no-export'],
        largeCommunities: ['100:1:2'],
      },
      { isIbgp: false },
    ),
    reach: [
      'Path Attribute - AS_PATH: 64512 4200000000',
      'Path Attribute - NEXT_HOP: 192.0.2.1',
      'Multiple exit discriminator: 10',
      'Path Attribute - COMMUNITIES: 100:1 NO_EXPORT',
      'NLRI prefix: 203.0.113.0',
    ],
    unreach: ['Withdrawn prefix: 203.0.113.0'],
  },
  {
    name: 'inet6, reflected',
    messages: updates(Family.inet6, [{ key: '2001:db8:1:2::/64' }], {
      nextHop: '2001:db8::1',
      originatorId: '192.0.2.7',
      clusterList: ['192.0.2.1', '192.0.2.2'],
    }),
    reach: [
      'Next hop: 2001:db8::1',
      'MP Reach NLRI IPv6 prefix: 2001:db8:1:2::',
      'Path Attribute - ORIGINATOR_ID: 192.0.2.7',
      'Path Attribute - CLUSTER_LIST: 192.0.2.1 192.0.2.2',
    ],
    unreach: ['MP Unreach NLRI IPv6 prefix: 2001:db8:1:2::'],
  },
]

/**
 * Two paths of a route, one with an identifier that has its highest bit, and each withdrawn. tshark 4.0 looks for identifiers
 * in unicast families alone; those of VPN routes are read by the gateways of test/interop/add-path.spec.ts.
 */
const pathSamples: Sample[] = [
  {
    family: Family.inet,
    key: '203.0.113.0/24',
    nextHop: '192.0.2.1',
    reach: 'NLRI prefix: 203.0.113.0',
    unreach: 'Withdrawn prefix: 203.0.113.0',
  },
  {
    family: Family.inet6,
    key: '2001:db8:1::/48',
    nextHop: '2001:db8::1',
    reach: 'MP Reach NLRI IPv6 prefix: 2001:db8:1::',
    unreach: 'MP Unreach NLRI IPv6 prefix: 2001:db8:1::',
  },
].map(({ family, key, nextHop, reach, unreach }) => {
  const routes = [7, 0x80000001].map((pathId) => ({ key, pathId }))
  const ids = ['NLRI path id: 7', 'NLRI path id: 2147483649']
  return {
    name: `paths of ${familyName(family)}`,
    messages: updates(family, routes, { nextHop }, { pathIds: new Set([family]) }),
    reach: [reach, ...ids],
    unreach: [unreach, ...ids],
  }
})

function expectLines(packet: readonly string[], expected: readonly string[], what: string): void {
  for (const line of expected) expect(packet, what).to.include(line)
}

if (!isInstalled) {
  process.stderr.write('tshark is not installed: what heddle sends is NOT read by an independent decoder\n')
} else {
  describe('tshark reads what heddle sends', () => {
    it('without complaint, with the label, RD, route target and next hop that were meant', () => {
      const packets = readByTshark(samples.flatMap((sample) => sample.messages))
      expect(complaints(packets)).to.deep.equal([])
      samples.forEach((sample, i) => {
        expect(sample.messages.length).to.equal(2)
        expectLines(packets[i * 2], sample.reach, sample.name)
        expectLines(packets[i * 2 + 1], sample.unreach, `${sample.name}, withdrawn`)
      })
    }).timeout(60_000)

    it('with the identifiers of paths (RFC 7911 §3)', () => {
      const packets = readByTshark(pathSamples.flatMap((sample) => sample.messages))
      expect(complaints(packets)).to.deep.equal([])
      pathSamples.forEach((sample, i) => {
        expectLines(packets[i * 2], sample.reach, sample.name)
        expectLines(packets[i * 2 + 1], sample.unreach, `${sample.name}, withdrawn`)
      })
    }).timeout(60_000)

    it('without complaint in full messages, and finds every route', () => {
      const routes = Array.from({ length: 1500 }, (_, i) => ({
        key: `10.20.4.17:3:10.${i >> 8}.${i & 255}.0/${16 + (i % 17)}`,
        label: 16 + i,
      }))
      const packets = readByTshark(updates(Family.inetVpn, routes, { nextHop: '10.20.4.17', ...gre }))
      expect(complaints(packets)).to.deep.equal([])
      const labels = packets.flat().filter((line) => line.startsWith('Label Stack: '))
      expect(labels.length).to.equal(routes.length * 2)
      for (const { label } of routes) expect(labels).to.include(`Label Stack: ${label} (bottom)`)
    }).timeout(60_000)

    it('and would complain', () => {
      const [reach] = samples[0].messages.map((message) => message.slice())
      // The length of the NLRI: 121 bits do not fit a VPN-IPv4 route.
      reach[reach.indexOf(120, 40)] = 121
      expect(complaints(readByTshark([reach]))).to.not.deep.equal([])
    }).timeout(60_000)

    it('without complaint in all other messages', () => {
      const messages = [
        encodeOpen({
          version: 4,
          asn: 23456,
          holdTimeSec: 90,
          identifier: 0xc000020a,
          capabilities: [
            ...decodedFamilies.map((family) => ({ kind: 'multiprotocol' as const, family })),
            { kind: 'routeRefresh' },
            { kind: 'enhancedRouteRefresh' },
            { kind: 'extendedMessage' },
            { kind: 'as4', asn: 4200000000 },
            {
              kind: 'gracefulRestart',
              restartState: false,
              notification: true,
              restartTimeSec: 120,
              families: [{ family: Family.inetVpn, forwarding: true }],
            },
            {
              kind: 'addPath',
              families: [{ family: Family.inetVpn, send: true, receive: true }],
            },
            { kind: 'fqdn', host: 'ctl1', domain: 'example.net' },
          ],
        }),
        keepalive,
        ...decodedFamilies.map(encodeEndOfRib),
        ...decodedFamilies.map((family) => encodeRouteRefresh(family)),
        encodeNotification(ceaseWithText(2, 'maintenance')),
      ]
      const packets = readByTshark(messages)
      expect(complaints(packets)).to.deep.equal([])
      expectLines(
        packets[0],
        ['AS Number: 4200000000', 'BGP Identifier: 192.0.2.10', 'Hostname: ctl1', 'Domain Name: example.net'],
        'OPEN',
      )
      expectLines(packets[1], ['Type: KEEPALIVE Message (4)'], 'KEEPALIVE')
      expectLines(packets.at(-1)!, ['Major error Code: Cease (6)'], 'NOTIFICATION')
    }).timeout(60_000)
  })
}
