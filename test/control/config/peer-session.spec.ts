import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { Family } from '../../../rib/model/family.ts'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { formatCheck } from '../../../control/config/check.ts'
import { desiredOf } from '../../../control/config/desired.ts'
import { loadConfig } from '../../../control/config/load.ts'
import { noNetworkIndexes as noIndexes } from '../../../control/config/network-index.ts'
import { controlNode, document, documentsOf, problemsOf } from './config-text.ts'

const peer = (spec: string, name = 'gw'): string => document('BGPPeer', `name: ${name}`, spec)
const group = (spec: string, name = 'gateways'): string => document('BGPPeerGroup', `name: ${name}`, spec)
const base = 'address: 192.0.2.1\nautonomousSystem: 64512\n'

function configOf(...texts: string[]): PeerConfig {
  return desiredOf(documentsOf(controlNode, ...texts), noIndexes).peers[0]!
}

describe('the session keys of a BGPPeer', () => {
  it('mean what they say', () => {
    const config = configOf(
      peer(`${base}ttlSecurity: {hops: 2}
dscp: cs5
keepalive: 5s
connectRetry: 10s
idleHold: 3s
sendHoldTime: 5m
shutdown: {message: works until six}`),
    )
    expect(config).to.deep.include({
      ttlSecurityHops: 2,
      dscp: 40,
      keepaliveSec: 5,
      connectRetrySec: 10,
      idleHoldSec: 3,
      sendHoldTimeSec: 300,
      adminDown: true,
      shutdownText: 'works until six',
    })
    expect(configOf(peer(`${base}ttlSecurity: {}`)).ttlSecurityHops).to.equal(1)
  })

  it('take gracefulShutdown from the node where the peer says nothing', () => {
    const leaving = controlNode.replace('spec:\n', 'spec:\n  gracefulShutdown: true\n')
    const of = (spec: string): boolean | undefined =>
      desiredOf(documentsOf(leaving, peer(`${base}${spec}`)), noIndexes).peers[0]!.gracefulShutdown
    expect(of('')).to.equal(true)
    expect(of('gracefulShutdown: false')).to.equal(undefined)
  })

  it('take localAS as a number or with what goes with it, and our own as nothing special', () => {
    const of = (localAS: string): unknown => configOf(peer(`${base}localAS: ${localAS}`)).localAs
    expect(of('65010')).to.deep.equal({ asn: 65010, noPrepend: false, replaceAs: false })
    expect(of('{as: 65010, replaceAS: true}')).to.deep.equal({
      asn: 65010,
      noPrepend: false,
      replaceAs: true,
    })
    expect(of('64512')).to.equal(undefined)
    expect(problemsOf(controlNode, peer(`${base}localAS: 65010\nrouteReflectorClient: true`))[0]).to.match(
      /a client of a route reflector is in our AS 65010, not in 64512/,
    )
  })

  it('say what holds of our AS and of private ones in paths', () => {
    const external = 'address: 192.0.2.1\nautonomousSystem: 65001\n'
    expect(
      configOf(peer(`${external}asOverride: true\nprivateAS: replace-all\nenforceFirstAS: true`)),
    ).to.deep.include({ asOverride: true, privateAs: 'replaceAll', enforceFirstAs: true })
    const allowed = (text: string): unknown => configOf(peer(`${external}allowOwnAS: ${text}`)).allowedOwnAs
    expect(allowed('2')).to.deep.equal([2, 2, 2, 2, 2, 2, 2, 2])
    expect(allowed('{all: 1, inet-vpn: 3}')).to.deep.equal([1, 1, 1, 1, 3, 1, 1, 1])
    expect(allowed('0')).to.equal(undefined)
  })

  it('name tunnels by family', () => {
    const config = configOf(
      peer(`${base}defaultTunnelEncapsulation: {inet-vpn: [gre, udp]}\nsendTunnelEncapsulation: both`),
    )
    expect(config.defaultTunnels?.[Family.inetVpn]).to.deep.equal([2, 13])
    expect(config.defaultTunnels?.[Family.inet6Vpn]).to.equal(undefined)
    expect(config.sendTunnels).to.equal('both')
  })

  it('say which paths of a route come and go', () => {
    const of = (text: string): unknown => configOf(peer(`${base}addPath: ${text}`)).addPath
    expect(of('{receive: true}')).to.deep.equal({ receive: true })
    expect(of('{send: equal-cost}')).to.deep.equal({ receive: false, send: 'equal-cost' })
    expect(of('{receive: true, send: 2}')).to.deep.equal({ receive: true, send: 2 })
    expect(configOf(group('addPath: {send: all}'), peer(`${base}peerGroup: gateways`)).addPath).to.deep.equal(
      {
        receive: false,
        send: 'all',
      },
    )
  })

  it('name our role', () => {
    const external = 'address: 192.0.2.1\nautonomousSystem: 65001\n'
    const role = (text: string): unknown => configOf(peer(`${external}${text}`)).role
    expect(role('role: rs-client')).to.deep.equal({ role: 'rs-client', isStrict: false })
    expect(role('role: peer\nstrictRole: true')).to.deep.equal({ role: 'peer', isStrict: true })
  })

  const refused: [string, RegExp][] = [
    ['role: customer', /^8:3 spec.role role is for peers of another AS/],
    ['role: provder', /"provder" \| did you mean provider/],
    ['strictRole: true', /strictRole is without a role/],
    ['addPath: {send: al}', /^8:19 spec.addPath.send al says not which paths \| did you mean all/],
    ['addPath: {send: 0}', /0 says not which paths \| all, equal-cost, best, or how many/],
    ['addPath: {receive: false}', /addPath says neither receive nor send/],
    ['addPath: {recieve: true}', /unknown key recieve \| did you mean receive/],
    ['defaultTunnelEncapsulation: {inet-vpn: [gro]}', /"gro" \| did you mean gre/],
    ['defaultTunnelEncapsulation: {route-target: [gre]}', /unknown key route-target/],
    ['defaultTunnelEncapsulation: {inet: [gre]}', /inet is not among the families/],
    ['sendTunnelEncapsulation: attribut', /"attribut" \| did you mean attribute/],
    ['asOverride: true', /^8:3 spec.asOverride asOverride is for peers of another AS/],
    ['privateAS: remove', /privateAS is for peers of another AS/],
    ['privateAS: remove-al', /remove-al.*did you mean remove-all/],
    ['enforceFirstAS: true', /enforceFirstAS is for peers of another AS/],
    ['allowOwnAS: 17', /all is at most 16/],
    ['allowOwnAS: {inet-vnp: 1}', /unknown key inet-vnp \| did you mean inet-vpn/],
    ['allowOwnAS: {inet: 1}', /^8:16 spec.allowOwnAS.inet inet is not among the families/],
    ['localAS: 0', /^8:3 spec.localAS.as AS 0 is nobody/],
    ['localAS: {as: 65010, noPrepnd: true}', /unknown key noPrepnd \| did you mean noPrepend/],
    ['authentication: {}', /^8:3 spec.authentication authentication has a passwordFile or a passwordEnv/],
    ['authentication: {passwordFile: a, passwordEnv: B}', /^8:3 spec.authentication/],
    ['authentication: {passwordFil: a}', /unknown key passwordFil \| did you mean passwordFile/],
    ['ttlSecurity: {hops: 255}', /^8:23 spec.ttlSecurity.hops hops is at most 254/],
    [
      'ttlSecurity: {}\nebgpMultihop: 2',
      /^9:3 spec.ebgpMultihop a peer has ttlSecurity or ebgpMultihop, not both/,
    ],
    ['ebgpMultihop: 2', /ebgpMultihop is for peers of another AS/],
    ['dscp: 64', /64 is no DSCP/],
    ['dscp: cs8', /cs8 is no DSCP \| did you mean cs0/],
    ['keepalive: 90s', /keepalive is as long as holdTime, 90s/],
    ['keepalive: 0', /keepalive is from 1s to 65535s/],
    ['sendHoldTime: 90s', /sendHoldTime is longer than holdTime/],
    ['holdTime: 2s', /shorter than 3s/],
    [`shutdown: {message: ${'x'.repeat(256)}}`, /at most 255 octets of UTF-8 \(RFC 9003\), this one 256/],
    ['maximumPrefixes: {inet-vnp: {limit: 1}}', /unknown key inet-vnp \| did you mean inet-vpn/],
    ['maximumPrefixes: {inet: {limit: 1}}', /inet is not among the families of this peer/],
    ['maximumPrefixes: {inet-vpn: {}}', /limit is missing/],
    [
      'maximumPrefixes: {inet-vpn: {limit: 1, restartAfter: soon}}',
      /restartAfter soon is no duration \| write 5m, or never/,
    ],
    ['peerGroup: gatewys', /there is no BGPPeerGroup gatewys \| did you mean gateways/],
  ]
  for (const [spec, problem] of refused) {
    it(`are refused at their place: ${spec.slice(0, 60)}`, () => {
      const problems = problemsOf(group('{}'), peer(`${base}${spec}`), controlNode)
      expect(problems).to.have.length(1)
      // The group document before is six lines long.
      expect(problems[0]!.replace(/^(\d+)/, (line) => String(Number(line) - 6))).to.match(problem)
    })
  }

  it('must give a password to a peer within a range that has one: the kernel knows no exception', () => {
    const range = peer(
      'range: 192.0.2.0/24\nautonomousSystem: 64512\nauthentication: {passwordEnv: KEY}',
      'racks',
    )
    expect(problemsOf(controlNode, range, peer(base))[0]).to.match(
      /192.0.2.1 lies in the range of BGPPeer racks, which has a password/,
    )
    expect(problemsOf(controlNode, range, peer(`${base}authentication: {passwordEnv: OWN}`))).to.deep.equal(
      [],
    )
  })
})

describe('a BGPPeerGroup', () => {
  it('gives what its peers leave out; their own keys win, and the defaults come last', () => {
    const config = configOf(
      group(
        'autonomousSystem: 65001\nholdTime: 30s\nfamilies: [inet-vpn]\npassive: true\nttlSecurity: {hops: 3}',
      ),
      peer('peerGroup: gateways\naddress: 192.0.2.1\nholdTime: 9s\nttlSecurity: {}'),
    )
    expect(config).to.include({
      autonomousSystem: 65001,
      holdTimeSec: 9,
      passive: true,
      ttlSecurityHops: 1,
      port: 179,
    })
    expect(config.families).to.have.length(1)
  })

  it('serves ranges, and any order of documents', () => {
    const range = peer('peerGroup: gateways\nrange: 192.0.2.0/24')
    expect(configOf(range, group('autonomousSystem: 65001'))).to.include({
      autonomousSystem: 65001,
      passive: true,
    })
  })

  it('is told its mistakes once and in its own place', () => {
    const peers = ['a', 'b'].map((name, i) => peer(`peerGroup: gateways\naddress: 192.0.2.${i + 1}`, name))
    const problems = problemsOf(
      group('autonomousSystem: 65001\nholdTme: 3s\nkeepalive: 0'),
      ...peers,
      controlNode,
    )
    expect(problems).to.deep.equal([
      '7:3 spec.holdTme unknown key holdTme | did you mean holdTime?',
      '8:14 spec.keepalive keepalive is from 1s to 65535s, not 0 | write a duration such as 30s or 5m',
    ])
  })

  it('has no address, and leaves what nobody gives to be missed at the peer', () => {
    expect(problemsOf(controlNode, group('address: 192.0.2.1'))[0]).to.match(/unknown key address/)
    const problems = problemsOf(controlNode, group('{}'), peer('peerGroup: gateways\naddress: 192.0.2.1'))
    expect(problems[0]).to.match(/autonomousSystem is missing/)
  })
})

describe('the password of a peer', () => {
  const canary = 'kanarie-7vX9'
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-secret-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
    delete process.env['HEDDLE_TEST_KEY']
  })

  async function load(authentication: string, more = '') {
    writeFileSync(join(folder, 'lab.yaml'), `${controlNode}${peer(`${base}${authentication}`)}${more}`)
    return await loadConfig([join(folder, 'lab.yaml')])
  }

  it('is read from a file beside the configuration, without its line end, each time', async () => {
    writeFileSync(join(folder, 'gw.key'), `${canary}\r\n`)
    const first = desiredOf((await load('authentication: {passwordFile: gw.key}')).documents!, noIndexes)
      .peers[0]!
    expect(new TextDecoder().decode(first.password!.octets)).to.equal(canary)
    const same = desiredOf((await load('authentication: {passwordFile: gw.key}')).documents!, noIndexes)
      .peers[0]!
    expect(same.password!.equals(first.password)).to.equal(true)
    writeFileSync(join(folder, 'gw.key'), `${canary}2`)
    const second = desiredOf((await load('authentication: {passwordFile: gw.key}')).documents!, noIndexes)
      .peers[0]!
    expect(second.password!.equals(first.password)).to.equal(false)
    expect(JSON.stringify(second)).not.to.equal(JSON.stringify(first))
  })

  it('is read from the environment, and for a group too', async () => {
    process.env['HEDDLE_TEST_KEY'] = canary
    const loaded = await load('peerGroup: gateways', group('authentication: {passwordEnv: HEDDLE_TEST_KEY}'))
    const { password } = desiredOf(loaded.documents!, noIndexes).peers[0]!
    expect(new TextDecoder().decode(password!.octets)).to.equal(canary)
  })

  const unreadable: [string, string | undefined, RegExp][] = [
    ['a file that is not there', undefined, /does not exist/],
    ['an empty file', '\n', /is empty/],
    ['more than the kernel takes', 'x'.repeat(81), /more than 80 octets/],
    ['several lines', 'a\nb\n', /more than one line/],
  ]
  for (const [what, content, message] of unreadable) {
    it(`is missed at its place: ${what}`, async () => {
      if (content !== undefined) writeFileSync(join(folder, 'gw.key'), content)
      const { documents, problems } = await load('authentication: {passwordFile: gw.key}')
      expect(documents).to.equal(undefined)
      expect(problems).to.have.length(1)
      expect(problems[0]).to.include({ path: 'spec.authentication.passwordFile', line: 16 })
      expect(problems[0]!.message).to.match(message)
    })
  }

  it('is missed where the variable is not set', async () => {
    const { problems } = await load('authentication: {passwordEnv: HEDDLE_TEST_KEY}')
    expect(problems[0]!.message).to.equal('HEDDLE_TEST_KEY is not set')
  })

  it('shows in nothing that prints what was loaded', async () => {
    writeFileSync(join(folder, 'gw.key'), canary)
    const loaded = await load('authentication: {passwordFile: gw.key}')
    const desired = desiredOf(loaded.documents!, noIndexes)
    const told = [loaded, desired].flatMap((thing) => [
      JSON.stringify(thing),
      inspect(thing, { depth: 20, showHidden: true }),
    ])
    told.push(String(desired.peers[0]!.password), `${desired.peers[0]!.password}`)
    expect(told.filter((text) => text.includes(canary))).to.deep.equal([])
  })

  const misplaced = [
    `authentication: {password: ${canary}}`,
    `authentication: {password: "${canary}", holdTme: 3}`,
    `authentication: ${canary}`,
    `authentication:\n  password: ${canary}`,
    `authentication: [${canary}]`,
  ]
  for (const text of misplaced) {
    it(`is not repeated where it stands in the configuration by mistake: ${text.replace(canary, 'KEY')}`, async () => {
      const loaded = await load(text)
      expect(loaded.documents).to.equal(undefined)
      const report = formatCheck(loaded)
      expect(report).not.to.include(canary)
      expect(JSON.stringify(loaded.problems)).not.to.include(canary)
    })
  }
})
