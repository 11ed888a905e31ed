/**
 * What is out of the ordinary in a peer's configuration, in the words of an operator: `local-as 65010 no-prepend`.
 */
import { tunnelTypeName } from '../../rib/model/ext-community.ts'
import { families, familyName } from '../../rib/model/family.ts'
import type { TunnelDefaults } from './import-check.ts'
import type { PeerConfig } from './peer-config.ts'

/** One text for each thing. */
export function peerOptions(config: PeerConfig): string[] {
  const { localAs, privateAs, allowedOwnAs, addPath, role } = config
  const { defaultTunnels, sendTunnels, acceptTunnelAttribute } = config
  const options: string[] = []
  if (localAs) {
    const { asn, noPrepend, replaceAs } = localAs
    options.push(`local-as ${asn}${noPrepend ? ' no-prepend' : ''}${replaceAs ? ' replace-as' : ''}`)
  }
  if (config.asOverride) options.push('as-override')
  if (privateAs) options.push(`private-as ${privateAs.replace('All', '-all')}`)
  if (allowedOwnAs) options.push(`allow-own-as ${byFamily(allowedOwnAs)}`)
  if (config.enforceFirstAs) options.push('enforce-first-as')
  if (addPath?.receive) options.push('add-path receive')
  if (addPath?.send !== undefined) options.push(`add-path send ${addPath.send}`)
  if (defaultTunnels) options.push(`default-tunnel-encapsulation ${tunnelText(defaultTunnels)}`)
  if (sendTunnels) options.push(`send-tunnel-encapsulation ${sendTunnels}`)
  if (acceptTunnelAttribute !== undefined)
    options.push(`${acceptTunnelAttribute ? '' : 'no '}accept-tunnel-encapsulation`)
  if (config.extendedNextHop) options.push('extended-next-hop')
  if (role) options.push(`role ${role.role}${role.isStrict ? ' strict' : ''}`)
  return options
}

/** `2`, or `inet-vpn 2` where families differ. */
function byFamily(counts: readonly number[]): string {
  if (new Set(counts).size === 1) return String(counts[0])
  return families
    .filter((family) => counts[family]! > 0)
    .map((family) => `${familyName(family)} ${counts[family]}`)
    .join(' ')
}

/** `inet-vpn gre udp, inet6-vpn udp`. */
function tunnelText(defaults: TunnelDefaults): string {
  return families
    .filter((family) => defaults[family])
    .map((family) =>
      [familyName(family), ...defaults[family]!.map((type) => tunnelTypeName(type) ?? type)].join(' '),
    )
    .join(', ')
}
