/**
 * What a session's configuration means for routes: how those that come are taken, and in what form others are offered.
 */
import { ipv4OfWord, parseIpAddress, unmapIpv4 } from '../../rib/model/ip-address.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { Family } from '../../rib/model/family.ts'
import type { BgpExportPolicy } from '../../rib/export-bgp.ts'
import { hasRoles } from '../../rib/model/only-to-customer.ts'
import type { PolicyEvaluator } from '../../rib/policy/evaluator.ts'
import type { PolicyChain } from '../../rib/policy/policy.ts'
import type { Rib } from '../../rib/rib.ts'
import type { TunnelPolicy } from '../../rib/tunnels.ts'
import type { Negotiated } from '../fsm/negotiate.ts'
import { BgpImportRule } from './bgp-import-rule.ts'
import type { LocalFacts, PeerConfig } from './peer-config.ts'

export interface SessionFacts {
  readonly rib: Rib
  readonly local: LocalFacts
  readonly negotiated: Negotiated
  readonly connection: { readonly localAddress: string | undefined }
}

/** How what the peer sends is taken. */
export function sessionImportRule(
  { rib, local, negotiated }: SessionFacts,
  config: PeerConfig,
): BgpImportRule {
  const { localAs } = config
  const rules = {
    ...local,
    rejectsAll: lacksPolicy(negotiated, config, config.importPolicies),
    sessionAs: localAs?.asn,
    allowedOwnAs: config.allowedOwnAs,
    firstAs: config.enforceFirstAs && !negotiated.isIbgp ? negotiated.peerAs : undefined,
    defaultTunnels: config.defaultTunnels,
    // RFC 9012 §11: nor does it come from there.
    dropsTunnelAttribute: !(config.acceptTunnelAttribute ?? negotiated.isIbgp),
    inRole: config.role && { role: config.role.role, peerAs: negotiated.peerAs },
    // Within one AS nobody stands between us and the peer.
    prepends: negotiated.isIbgp || localAs?.noPrepend ? undefined : localAs?.asn,
  }
  return new BgpImportRule(rules, rib.attrs)
}

/** The policies that what comes has to pass. */
export function sessionImportPolicy(facts: SessionFacts, config: PeerConfig): PolicyEvaluator | undefined {
  return facts.rib.policies.evaluator(config.importPolicies, selfOf(facts))
}

/** What the peer is offered of a family, and in what form. */
export function sessionExportPolicy(
  facts: SessionFacts,
  config: PeerConfig,
  family: Family,
): BgpExportPolicy {
  const { rib, local, negotiated } = facts
  const { localAs } = config
  return {
    isIbgp: negotiated.isIbgp,
    peerAs: negotiated.peerAs,
    localAs: localAs?.asn ?? local.localAs,
    hiddenAs: localAs && !localAs.replaceAs ? local.localAs : undefined,
    overridesAs: config.asOverride === true,
    privateAs: config.privateAs,
    routerId: local.routerId,
    clusterId: local.clusterId,
    isClient: config.routeReflectorClient,
    encodingKey: `${negotiated.as4 ? 4 : 2}/${negotiated.maxMessageLength}/${negotiated.extendedNextHop.join()}`,
    sendNothing: lacksPolicy(negotiated, config, config.exportPolicies),
    role: hasRoles(family) ? config.role?.role : undefined,
    tunnels: tunnelPolicy(negotiated, config, family),
    isGoingDown: config.gracefulShutdown === true,
    takesLongLived: negotiated.longLived !== undefined,
    paths: negotiated.addPath.sends.includes(family) ? config.addPath?.send : undefined,
    exportPolicy: rib.policies.evaluator(config.exportPolicies, selfOf(facts)),
  }
}

function tunnelPolicy(
  { isIbgp }: Negotiated,
  { defaultTunnels, sendTunnels = 'community' }: PeerConfig,
  family: Family,
): TunnelPolicy | undefined {
  if (family === Family.routeTarget) return undefined
  const replacedBy = defaultTunnels?.[family]
  // RFC 9012 §11: by default the attribute does not leave to another AS.
  const keepsAttribute = isIbgp || sendTunnels !== 'community'
  if (!replacedBy && sendTunnels === 'community' && keepsAttribute) return undefined
  return { replacedBy, form: sendTunnels, keepsAttribute }
}

/** What `nextHop: self` means: our end of the connection. */
function selfOf({ connection, local }: SessionFacts): IpAddress {
  const address = parseIpAddress((connection.localAddress ?? '').replace(/%.*$/, ''))
  return address ? unmapIpv4(address) : ipv4OfWord(local.routerId)
}

/** RFC 8212 §2: without policy an eBGP peer neither sends nor gets routes. */
function lacksPolicy(negotiated: Negotiated, config: PeerConfig, policies: PolicyChain | undefined): boolean {
  return !negotiated.isIbgp && config.ebgpRequiresPolicy && policies === undefined
}
