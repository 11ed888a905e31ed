import { expect } from 'chai'
import fc from 'fast-check'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import type { Attributes } from '../../../rib/model/attr-set.ts'
import { Community } from '../../../rib/model/community.ts'
import {
  encapsulationCommunity,
  extCommunities,
  macMobilityCommunity,
} from '../../../rib/model/ext-community.ts'
import { Family } from '../../../rib/model/family.ts'
import { mapIpv4, parseIpAddress, parseIpv4 } from '../../../rib/model/ip-address.ts'
import { formatPrefix } from '../../../rib/model/route-key.ts'
import { tunnelAttribute } from '../../../rib/model/tunnel-encapsulation.ts'
import {
  encodeAgentEndOfRib,
  encodeCollection,
  encodeConfigSubscription,
  encodePublish,
  encodeSubscription,
} from '../../../xmpp/wire/agent-stanzas.ts'
import type { InetItem } from '../../../xmpp/wire/inet-item.ts'
import { attributesOfItem } from '../../../xmpp/wire/item-attributes.ts'
import {
  loadBalanceCommunity,
  numberedCommunities,
  SECURITY_GROUP,
  TAG,
} from '../../../xmpp/wire/item-communities.ts'
import {
  decodeStreamHeader,
  encodeStreamAnswer,
  encodeStreamOpen,
  PROCEED,
  START_TLS,
  STREAM_FEATURES,
} from '../../../xmpp/wire/stream-header.ts'
import { decodeServerStanza } from '../../../xmpp/wire/update-decode.ts'
import type { ServerStanza } from '../../../xmpp/wire/update-decode.ts'
import { encodeMessageHead, END_OF_RIB_BODY, renderItemParts } from '../../../xmpp/wire/update-encode.ts'
import { encodeItem, encodeRetract, encodeUpdateBody } from '../support/encoded-item.ts'
import { itemWith, sampleItem } from '../support/items.ts'
import { elementsOf, sample, withoutLayout } from '../support/samples.ts'

const VRF = 'default-domain:k8s:blue:blue'
const BLUE = 'default-domain:k8s:blue'
const PUBLIC = 'default-domain:k8s:public'
const ASN = 64512

function attributes(nextHop: string, changes: Partial<Attributes> = {}): Attributes {
  return { ...plainAttributes, nextHop: parseIpv4(nextHop)!, localPref: 100, ...changes }
}

const offered = {
  attrs: attributes('10.10.0.12', {
    med: 200,
    extCommunities: extCommunities([
      encapsulationCommunity(2),
      encapsulationCommunity(13),
      ...numberedCommunities(SECURITY_GROUP, ASN, [8000001]),
    ]),
  }),
  label: 37,
  virtualNetwork: BLUE,
}

function message(vrf: string, content: string): string {
  return encodeMessageHead('compute-1') + encodeUpdateBody(Family.inet, vrf, content)
}

function itemOf(attrs: Attributes, label = 37): InetItem {
  const item = encodeItem(Family.inet, '10.1.1.4/32', [{ attrs, label, virtualNetwork: BLUE }], ASN)
  const update = decodeServerStanza(elementsOf(message(VRF, item))[0]!) as Extract<
    ServerStanza,
    { kind: 'update' }
  >
  return update.items[0] as InetItem
}

describe('updates to agents', () => {
  it('are the sample of one item (agent-channel 4.1)', () => {
    const text = message(VRF, encodeItem(Family.inet, '10.1.1.4/32', [offered], ASN))
    expect(withoutLayout(text)).to.equal(withoutLayout(sample('node/inet-item')))
  })

  it('are the sample of a withdrawal', () => {
    const text = message(
      VRF,
      encodeRetract(Family.inet, '10.1.1.4/32') + encodeRetract(Family.inet, '10.1.1.5/32'),
    )
    expect(withoutLayout(text)).to.equal(withoutLayout(sample('node/inet-retract')))
  })

  it('are the sample of equal-cost next hops, with gre where a gateway names no encapsulation (agent-channel 4.5)', () => {
    const hop = (address: string, label: number): typeof offered => ({
      attrs: attributes(address),
      label,
      virtualNetwork: PUBLIC,
    })
    const item = encodeItem(
      Family.inet,
      '0.0.0.0/0',
      [hop('10.255.0.1', 299840), hop('10.255.0.2', 299776)],
      ASN,
    )
    expect(withoutLayout(message('default-domain:k8s:public:public', item))).to.equal(
      withoutLayout(sample('node/inet-ecmp')),
    )
  })

  it('are the sample of End-of-RIB (agent-channel 4.7)', () => {
    expect(withoutLayout(encodeMessageHead('compute-1') + END_OF_RIB_BODY)).to.equal(
      withoutLayout(sample('node/end-of-rib')),
    )
  })

  it('begin and end with a line end, and have the id first in a retract (agent-channel 4.1, 4.3)', () => {
    const text = message(VRF, encodeRetract(Family.inet, '10.1.1.4/32'))
    expect(text[0] + text.at(-1)!).to.equal('\n\n')
    expect(elementsOf(text)[0]!.descendant('retract')!.attributes[0]).to.equal('id')
  })

  it('read back as what they say', () => {
    const update = decodeServerStanza(elementsOf(sample('node/inet-item'))[0]!) as Extract<
      ServerStanza,
      { kind: 'update' }
    >
    expect([update.kind, update.vrf, update.family, update.retracts.length]).to.deep.equal([
      'update',
      VRF,
      Family.inet,
      0,
    ])
    const retract = decodeServerStanza(elementsOf(sample('node/inet-retract'))[0]!) as typeof update
    expect(retract.retracts.map((prefix) => 'length' in prefix && formatPrefix(prefix))).to.deep.equal([
      '10.1.1.4/32',
      '10.1.1.5/32',
    ])
    expect(decodeServerStanza(elementsOf(sample('node/end-of-rib'))[0]!).kind).to.equal('endOfRib')
    expect(decodeServerStanza(elementsOf(sample('node/ermvpn-item'))[0]!).kind).to.equal('ignored')
    expect(decodeServerStanza(elementsOf(sample('node/evpn-broadcast-item'))[0]!).kind).to.equal('ignored')
  })

  it('hide items behind a retract, as agents see it (agent-channel 4.2)', () => {
    const mixed = message(
      VRF,
      encodeItem(Family.inet, '10.1.1.4/32', [offered], ASN) + encodeRetract(Family.inet, '10.1.1.5/32'),
    )
    expect(decodeServerStanza(elementsOf(mixed)[0]!)).to.deep.include({ items: [] })
  })

  it('print sorted encapsulations once each, and 11 as gre (agent-channel 3.4)', () => {
    const list = extCommunities([13, 11, 2, 8, 99].map(encapsulationCommunity))
    expect(
      itemOf(attributes('10.0.0.1', { extCommunities: list })).nextHops[0]!.encapsulations,
    ).to.deep.equal(['gre', 'udp', 'vxlan'])
  })

  it('print the tunnels of the attribute beside those of communities (RFC 9012 §4.1)', () => {
    const list = extCommunities([encapsulationCommunity(2)])
    const given = { extCommunities: list, unknown: [tunnelAttribute([13])] }
    expect(itemOf(attributes('10.0.0.1', given)).nextHops[0]!.encapsulations).to.deep.equal(['gre', 'udp'])
  })

  it('carry security groups of our AS, and global ones of any (agent-channel 4.4)', () => {
    const list = extCommunities([
      ...numberedCommunities(SECURITY_GROUP, ASN, [8000001, 4]),
      ...numberedCommunities(SECURITY_GROUP, 64600, [8000002, 5]),
      ...numberedCommunities(TAG, ASN, [7]),
      ...numberedCommunities(TAG, 64600, [8, 8000009]),
    ])
    const item = itemOf(attributes('10.0.0.1', { extCommunities: list }))
    expect([...item.securityGroups].sort()).to.deep.equal([4, 5, 8000001])
    expect([...item.nextHops[0]!.tags].sort()).to.deep.equal([7, 8000009])
  })

  it('carry sequence, communities and load balance', () => {
    const loadBalance = { fields: 0x48, hasSourceBias: true }
    const item = itemOf(
      attributes('10.0.0.1', {
        localPref: 0xffffffff,
        communities: [64512 * 65536 + 1, Community.NO_LLGR, Community.NO_EXPORT],
        extCommunities: extCommunities([
          loadBalanceCommunity(loadBalance),
          macMobilityCommunity({ sequence: 0x90000000, sticky: true }),
        ]),
      }),
    )
    expect(item).to.deep.include({
      sequence: 0x90000000,
      isSticky: true,
      loadBalance,
      localPref: 0xffffffff,
      communities: [64512 * 65536 + 1, Community.NO_LLGR, Community.NO_EXPORT],
    })
  })

  it('print numbers signed, as the field does (agent-channel 3.3)', () => {
    const text = encodeItem(
      Family.inet,
      '10.0.0.0/8',
      [{ ...offered, attrs: attributes('10.0.0.1', { med: 4294966896 }) }],
      ASN,
    )
    expect(text).to.contain('<med>-400</med>')
  })

  it('unwrap mapped next hops, and leave out what agents cannot use (agent-channel 4.2)', () => {
    const mapped = attributes('10.0.0.1', { nextHop: mapIpv4(parseIpv4('10.255.0.1')!) })
    expect(Buffer.from(itemOf(mapped).nextHops[0]!.address).join('.')).to.equal('10.255.0.1')
    expect(renderItemParts(attributes('0.0.0.0'), BLUE, ASN)).to.equal(undefined)
    expect(renderItemParts({ ...mapped, nextHop: parseIpAddress('2001:db8::1')! }, BLUE, ASN)).to.equal(
      undefined,
    )
  })

  it('escape whatever stands in names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), (text) => {
        const item = encodeItem(Family.inet, '10.1.1.4/32', [{ ...offered, virtualNetwork: text }], ASN)
        const stanza = elementsOf(message(text, item))
        expect(stanza.length).to.equal(1)
        const hop = stanza[0]!.descendant('next-hop')!
        expect(hop.childText('label')).to.equal('37')
      }),
    )
  })

  it('survive the way through attributes: what an agent published is what agents get', () => {
    const item = itemOf(
      attributesOfItem(
        itemWith(
          { securityGroups: [5], communities: [Community.NO_EXPORT], sequence: 3 },
          { tags: [9], label: 37 },
        ),
        ASN,
      ),
    )
    expect(item).to.deep.include({
      securityGroups: [5],
      communities: [Community.NO_EXPORT],
      sequence: 3,
      localPref: 100,
      med: 200,
    })
    expect(item.nextHops[0]).to.deep.include({ tags: [9], label: 37, encapsulations: ['gre', 'udp'] })
  })
})

describe('stanzas of the simulated agent', () => {
  const from = 'compute-1'
  const head = (id: string): { from: string; id: string } => ({ from, id })

  it('are those of a stock agent', () => {
    const same = (text: string, name: string): void => {
      expect(withoutLayout(text)).to.equal(withoutLayout(sample(`agent/${name}`)))
    }
    same(encodeStreamOpen(from), 'stream-open')
    same(encodeSubscription(head('subscribe7'), 'subscribe', VRF, { instanceId: 3 }), 'subscribe')
    same(encodeSubscription(head('unsubscribe8'), 'unsubscribe', VRF, { instanceId: 3 }), 'unsubscribe')
    same(
      encodePublish(head('pubsub12'), VRF, sampleItem) +
        encodeCollection(head('collection12'), 'associate', VRF, sampleItem),
      'inet-add',
    )
    same(encodeCollection(head('collection13'), 'dissociate', VRF, sampleItem), 'inet-dissociate')
    const inet6 = itemWith({
      family: Family.inet6,
      prefix: { address: parseIpAddress('2001:db8:1::3')!, length: 128 },
      securityGroups: [],
    })
    same(
      encodePublish(head('pubsub14'), VRF, inet6) +
        encodeCollection(head('collection14'), 'associate', VRF, inet6),
      'inet6-add',
    )
    same(encodeAgentEndOfRib(from), 'end-of-rib-message')
    const uuid = 'virtual-machine:5f1c7c3e-7a2b-4f0e-9c11-2d7e1f6a0001'
    same(
      encodeConfigSubscription(
        head(''),
        'subscribe',
        'virtual-router:default-global-system-config:compute-1',
      ) +
        encodeConfigSubscription(head(''), 'subscribe', uuid) +
        encodeConfigSubscription(head(''), 'unsubscribe', uuid),
      'config-subscriptions',
    )
    expect(START_TLS).to.equal(sample('agent/starttls'))
  })

  it('put every tag on a line of its own, without indentation (agent-channel 2.1)', () => {
    const lines = encodePublish(head('1'), VRF, sampleItem).trimEnd().split('\n')
    for (const line of lines) expect(line).to.match(/^<[^<]+>$|^<([\w-]+)>[^<]*<\/\1>$/)
  })
})

describe('stream headers', () => {
  it('answer as the samples do, octet by octet (agent-channel 1.3, 1.4)', () => {
    expect(encodeStreamAnswer('cn-1', 'compute-1')).to.equal(sample('node/stream-answer').trimEnd())
    expect(encodeStreamOpen('compute-1')).to.equal(sample('agent/stream-open').trimEnd())
    expect(STREAM_FEATURES).to.equal(sample('node/stream-features'))
    expect(PROCEED).to.equal(sample('node/proceed'))
  })

  it('give name and sub-cluster', () => {
    expect(decodeStreamHeader(encodeStreamOpen('compute-1', 'west'))).to.deep.equal({
      from: 'compute-1',
      to: 'network-control@contrailsystems.com',
      subCluster: 'west',
    })
  })

  const wrong: [string, string][] = [
    ['<stream:stream from="a">', 'invalid-namespace'],
    ['<stream:stream from="a" xmlns:stream="urn:x">', 'invalid-namespace'],
    ['<stream:stream xmlns:stream="http://etherx.jabber.org/streams">', 'invalid-from'],
    ['<stream:stream from="" xmlns:stream="http://etherx.jabber.org/streams">', 'invalid-from'],
    ['<stream:stream from="a/bgp-peer" xmlns:stream="http://etherx.jabber.org/streams">', 'invalid-from'],
    ['<stream:stream from="a&#10;b" xmlns:stream="http://etherx.jabber.org/streams">', 'invalid-from'],
    [
      `<stream:stream from="${'a'.repeat(256)}" xmlns:stream="http://etherx.jabber.org/streams">`,
      'invalid-from',
    ],
    ['<stream:stream from="a" from="b" xmlns:stream="http://etherx.jabber.org/streams">', 'not-well-formed'],
  ]
  for (const [text, condition] of wrong) {
    it(`refuse ${text.slice(0, 50)} as ${condition} (RFC 6120 §4.9.3)`, () => {
      expect(decodeStreamHeader(text)).to.deep.include({ condition })
    })
  }

  it('escape names', () => {
    const open = encodeStreamOpen('a"<&b')
    expect(decodeStreamHeader(open)).to.deep.include({ from: 'a"<&b' })
  })
})
