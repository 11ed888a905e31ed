/**
 * What must hold between the keys of a peer's session, and between those of peers that share a listener.
 */
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import { familyName } from '../../rib/model/family.ts'
import { prefixContains } from '../../rib/model/route-key.ts'
import type { BgpPeerDocument } from './documents.ts'
import type { ConfigProblem } from './problem.ts'
import type { Sourced } from './sourced.ts'

/** Problems of one peer. */
export function sessionProblems(
  { document, source }: Sourced<BgpPeerDocument>,
  localAs: number | undefined,
): ConfigProblem[] {
  const { spec } = document
  const problems: ConfigProblem[] = []
  const report = (key: string, message: string, hint = ''): void => {
    problems.push(source.problem(['spec', key], message, hint, 'key'))
  }
  const { passwordFile, passwordEnv } = spec.authentication ?? {}
  if (spec.authentication && (passwordFile === undefined) === (passwordEnv === undefined)) {
    report(
      'authentication',
      'authentication has a passwordFile or a passwordEnv, one of them',
      'passwordFile: gw.key',
    )
  }
  if (spec.ttlSecurity && spec.ebgpMultihop !== undefined) {
    report(
      'ebgpMultihop',
      'a peer has ttlSecurity or ebgpMultihop, not both',
      'ttlSecurity: {hops: N} is for N hops too',
    )
  }
  if (!spec.ttlSecurity && spec.ebgpMultihop !== undefined && spec.autonomousSystem === localAs) {
    report(
      'ebgpMultihop',
      'ebgpMultihop is for peers of another AS',
      'leave it out: iBGP reaches any number of hops',
    )
  }
  if (spec.keepalive !== undefined && spec.holdTime > 0 && spec.keepalive >= spec.holdTime) {
    report(
      'keepalive',
      `keepalive is as long as holdTime, ${spec.holdTime}s`,
      'a third of holdTime, or leave it out',
    )
  }
  if (spec.sendHoldTime !== undefined && spec.sendHoldTime <= spec.holdTime) {
    report('sendHoldTime', `sendHoldTime is longer than holdTime, ${spec.holdTime}s (RFC 9687 §3)`)
  }
  if (spec.addPath && !spec.addPath.receive && spec.addPath.send === undefined) {
    report('addPath', 'addPath says neither receive nor send', 'addPath: {receive: true, send: all}')
  }
  if (spec.strictRole && !spec.role) report('strictRole', 'strictRole is without a role', 'role: customer')
  for (const key of externalKeys) {
    if (spec[key] && spec.autonomousSystem === localAs)
      report(key, `${key} is for peers of another AS`, 'leave it out')
  }
  return [...problems, ...strangeFamilies({ document, source })]
}

/** What has a meaning across the border of an AS alone. */
const externalKeys = ['asOverride', 'privateAS', 'enforceFirstAS', 'role'] as const

/** What is said of families that the peer has not. */
function strangeFamilies({ document: { spec }, source }: Sourced<BgpPeerDocument>): ConfigProblem[] {
  const offered = new Set(spec.families.map(familyName))
  return (['maximumPrefixes', 'allowOwnAS', 'defaultTunnelEncapsulation'] as const).flatMap((key) => {
    const written = (source.value as { spec: Record<string, unknown> }).spec[key]
    if (typeof written !== 'object' || written === null) return []
    return Object.keys(written)
      .filter((family) => family !== 'all' && !offered.has(family))
      .map((family) =>
        source.problem(
          ['spec', key, family],
          `${family} is not among the families of this peer`,
          `one of ${[...offered].join(', ')}`,
          'key',
        ),
      )
  })
}

/** The kernel wants the key of a range from every address within, and knows no exception for one without. */
export function unsignedProblems(peers: readonly Sourced<BgpPeerDocument>[]): ConfigProblem[] {
  const ranges = peers.filter(({ document: { spec } }) => spec.range && spec.authentication)
  const unsigned = peers.filter(({ document: { spec } }) => spec.address && !spec.authentication)
  return unsigned.flatMap(({ document, source }) => {
    const address = document.spec.address!
    const range = ranges.find((each) => prefixContains(each.document.spec.range!, address))
    if (!range) return []
    return [
      source.problem(
        ['spec', 'address'],
        `${formatIpAddress(address)} lies in the range of BGPPeer ${range.document.metadata.name}, which has a password, and has none itself`,
        'give it authentication: of its own',
      ),
    ]
  })
}
