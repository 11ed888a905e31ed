import { expect } from 'chai'
import { desiredOf } from '../../../control/config/desired.ts'
import { noNetworkIndexes } from '../../../control/config/network-index.ts'
import {
  controlNode,
  document,
  documentsOf,
  hintsOf,
  messagesOf,
  network,
  problemsOf,
} from './config-text.ts'

const policy = (name: string, spec: string): string => document('RoutingPolicy', `name: ${name}`, spec)
const list = (name: string, prefixes: string): string =>
  document('PrefixList', `name: ${name}`, `prefixes: ${prefixes}`)
const peer = (rest: string): string =>
  document('BGPPeer', 'name: gw', `address: 192.0.2.1\nautonomousSystem: 65001\n${rest}`)

/** A policy with one term of this match. */
const matching = (match: string): string =>
  policy('p', `terms:\n- name: t\n  match: ${match}\n  action: accept`)
const setting = (set: string): string => policy('p', `terms:\n- name: t\n  set: ${set}\n  action: accept`)

describe('RoutingPolicy documents', () => {
  it('take every key that docs/POLICY.md lists', () => {
    const text = policy(
      'p',
      `terms:
- name: t
  match:
    prefixes: [10.0.0.0/8, 10.0.0.0/8 orlonger, 2001:db8::/32 ge 48 le 64, 0.0.0.0/0 le 24]
    prefixLists: [tenants]
    communities: {any: ["64512:*", no-export], all: "*:100-199", none: ["64512:666"]}
    largeCommunities: "64512:1:*"
    extCommunities: [soo:64512:1, encapsulation:gre, "0x030c00000000000d"]
    routeTargets: {none: ["target:64512:*", "64512:7"]}
    asPath: ["^65001_", _65002$]
    asPathLength: 1-5
    origin: [igp, incomplete]
    nextHop: [192.0.2.0/24, "2001:db8::1"]
    families: [inet-vpn, vpnv6]
    protocols: [bgp, xmpp, static]
    localPref: 100
    med: 0-50
  set:
    localPref: 200
    med: none
    origin: egp
    communities: {replace: ["64512:1"], remove: "64512:*", add: [no-export]}
    largeCommunities: {add: "64512:1:2"}
    extCommunities: {remove: [encapsulation:udp], add: [soo:192.0.2.1:7]}
    routeTargets: {replace: ["target:64512:9"]}
    prepend: [64512, 64512]
    nextHop: self
  action: next-policy
default: accept`,
    )
    expect(problemsOf(controlNode, list('tenants', '[10.1.0.0/16]'), text)).to.deep.equal([])
  })

  const faults: readonly (readonly [string, string, string])[] = [
    [
      matching('{asPath: ["^65001_", "_(65002"]}'),
      '16:33 spec.terms[0].match.asPath[1] AS path pattern _(65002: the parenthesis is not closed, at character 2',
      'as in ^65001_ (from that neighbour), _65001$ (made there), _65001_ (through it), ^$ (made here)',
    ],
    [
      matching('{communities: {any: ["64512:x"]}}'),
      '16:33 spec.terms[0].match.communities.any[0] 64512:x is not a pattern of communities',
      'write 64512:100, 64512:*, *:100-199, or a name such as no-export',
    ],
    [
      matching('{communities: {every: ["64512:1"]}}'),
      '16:27 spec.terms[0].match.communities.every unknown key every',
      'there is all, any, none',
    ],
    [
      matching('{prefixes: [10.0.0.0/8 ge 4]}'),
      '16:24 spec.terms[0].match.prefixes[0] no route is from 4 to 32 long and within 10.0.0.0/8',
      'write 10.0.0.0/8, 10.0.0.0/8 orlonger, or 10.0.0.0/8 ge 24 le 28',
    ],
    [
      matching('{protocols: ospf}'),
      '16:24 spec.terms[0].match.protocols there is no protocol ospf',
      'there is agent, aggregate, bgp, local, static, xmpp',
    ],
    [
      matching('{med: 9-1}'),
      '16:18 spec.terms[0].match.med 9-1 is not a number or a range',
      'write 100 or 100-199',
    ],
    [
      setting('{communities: {add: ["64512:*"]}}'),
      '16:31 spec.terms[0].set.communities.add[0] 64512:* is not a community',
      'write 64512:100, or a name such as no-export',
    ],
    [
      setting('{extCommunities: {add: ["soo:64512:*"]}}'),
      '16:34 spec.terms[0].set.extCommunities.add[0] soo:64512:* is not an extended community',
      'write soo:64512:1, encapsulation:gre, or all eight octets as 0x and 16 digits',
    ],
  ]
  for (const [text, problem, hint] of faults) {
    it(`are told: ${problem}`, () => {
      expect(problemsOf(controlNode, text)).to.deep.equal([`${problem} | ${hint}`])
    })
  }

  it('name only policies and prefix lists that exist', () => {
    const texts = [
      controlNode,
      policy('gateway-in', 'default: accept'),
      list('tenants', '[10.0.0.0/8]'),
      policy('other', 'terms: [{name: t, match: {prefixLists: [tenant]}, action: accept}]'),
      peer('importPolicies: [gateway-im]'),
      network('blue', 'exportPolicies: [nothing]'),
    ]
    expect(messagesOf(...texts)).to.deep.equal([
      'there is no PrefixList tenant',
      'there is no RoutingPolicy gateway-im',
      'there is no RoutingPolicy nothing',
    ])
    expect(hintsOf(...texts)).to.deep.equal([
      'did you mean tenants?',
      'did you mean gateway-in?',
      'add a RoutingPolicy document of this name',
    ])
  })

  it('have no term that an earlier one leaves nothing for', () => {
    const texts = [
      controlNode,
      policy(
        'p',
        `terms:
- {name: a, match: {communities: "64512:1"}, action: reject}
- {name: b, match: {communities: "64512:1", med: 5}, action: accept}
- {name: c, set: {med: 1}, action: next-term}
- {name: d, match: {med: 7}, action: accept}
- {name: e, action: accept}
- {name: f, match: {med: 8}, action: reject}`,
      ),
    ]
    expect(messagesOf(...texts)).to.deep.equal([
      'term b is never reached: a has taken what it matches',
      'term f is never reached: e has taken what it matches',
    ])
  })

  it('may ask again for what a term in between could have set', () => {
    const text = policy(
      'p',
      `terms:
- {name: a, match: {communities: "64512:1"}, action: reject}
- {name: b, set: {communities: {add: ["64512:1"]}}, action: next-term}
- {name: c, match: {communities: "64512:1"}, action: accept}`,
    )
    expect(messagesOf(controlNode, text)).to.deep.equal([])
  })

  it('do not set what is rejected, do something in every term, and reach their default', () => {
    const text = policy(
      'p',
      `terms:
- {name: a, match: {med: 1}, set: {med: 2}, action: reject}
- {name: a, match: {med: 3}, action: next-term}
- {name: c, action: accept}
default: reject`,
    )
    expect(messagesOf(controlNode, text)).to.deep.equal([
      'what is rejected keeps its attributes',
      'a second term a',
      'term a does nothing',
      'the default is never reached',
    ])
  })

  it('let something through where they are used, or say that nothing is meant', () => {
    const block = policy('block', 'terms: [{name: t, match: {med: 1}, action: reject}]')
    const none = policy('none', 'default: reject')
    expect(messagesOf(controlNode, block, peer('importPolicies: [block]'))).to.deep.equal([
      'these policies accept no route: what no term decides is rejected',
    ])
    expect(messagesOf(controlNode, block, none, peer('importPolicies: [block, none]'))).to.deep.equal([])
  })
})

describe('policies of peers and networks', () => {
  it('are chains, one for all who name the same', () => {
    const { peers, instances } = desiredOf(
      documentsOf(
        controlNode,
        policy('a', 'default: accept'),
        list('tenants', '[10.0.0.0/8]'),
        matching('{prefixLists: [tenants], prefixes: [192.0.2.0/24]}'),
        peer('importPolicies: [p, a]\nexportPolicies: [a]'),
        network('blue', 'importPolicies: [p, a]'),
      ),
      noNetworkIndexes,
    )
    const [gw] = peers
    expect(gw!.importPolicies!.policies.map(({ name }) => name)).to.deep.equal(['p', 'a'])
    expect(gw!.importPolicies!.policies[0]!.terms[0]!.match.prefixes).to.have.length(2)
    expect(instances[0]!.importPolicies).to.equal(gw!.importPolicies)
    expect(instances[0]!.exportPolicies).to.equal(undefined)
    expect(gw!.exportPolicies!.key).not.to.equal(gw!.importPolicies!.key)
  })
})

describe('static routes and aggregates of a network', () => {
  it('are of one family with their next hop, and there once', () => {
    const text = network(
      'blue',
      `staticRoutes: [{prefix: 10.9.0.0/16, nextHop: "2001:db8::1"}]
aggregates: [{prefix: 10.9.0.0/16, nextHop: 10.1.1.3, discardMoreSpecific: true}]`,
    )
    expect(messagesOf(controlNode, text)).to.deep.equal(['unknown key discardMoreSpecific'])
    expect(messagesOf(controlNode, text.replace(', discardMoreSpecific: true', ''))).to.deep.equal([
      'the next hop of 10.9.0.0/16 is of another family',
      '10.9.0.0/16 is there already',
    ])
  })

  it('become routes that follow others', () => {
    const text = network('blue', 'aggregates: [{prefix: 10.9.0.0/16, nextHop: 10.1.1.3}]')
    const [instance] = desiredOf(documentsOf(controlNode, text), noNetworkIndexes).instances
    expect(
      instance!.followingRoutes!.map(({ kind, discardMoreSpecifics }) => [kind, discardMoreSpecifics]),
    ).to.deep.equal([['aggregate', false]])
  })
})
